internal import CLibpq

/// A statement with its values, ready to be sent.
struct Request {
    let sql: String
    let parameters: Parameters
    /// Whether it makes a transaction's changes last: what comes of it is unknown when no answer arrives.
    let isCommit: Bool

    /// - Parameter value: In the order of `$1`, `$2` …
    init<each Value: Bindable>(_ statement: some StatementSet, _ value: repeat each Value) {
        var parameters = Parameters()
        repeat parameters.append(each value)
        self.sql = statement.rawValue
        self.parameters = parameters
        self.isCommit = false
    }

    /// A statement without values that is sent once: a step of a migration.
    init(sql: String) {
        self.sql = sql
        parameters = Parameters()
        isCommit = false
    }

    private init(control statement: ControlStatement) {
        sql = statement.rawValue
        parameters = Parameters()
        isCommit = statement == .commit
    }

    static let begin = Request(control: .begin)
    static let beginSnapshot = Request(control: .beginSnapshot)
    static let commit = Request(control: .commit)
    static let rollback = Request(control: .rollback)
    static let forgetPlans = Request(control: .forgetPlans)
}

/// Values in PostgreSQL's binary format, one after the other in one buffer.
struct Parameters {
    /// Never empty, so that it has an address: to libpq a value without one is NULL.
    private(set) var bytes: [UInt8] = [0]
    /// Where each value lies; nil for NULL.
    private(set) var places: [Range<Int>?] = []
    private(set) var types: [Oid] = []

    mutating func append<Value: Bindable>(_ value: Value) {
        types.append(Value.type.oid)
        guard !value.isNull else { return places.append(nil) }
        let start = bytes.count
        value.write(to: &bytes)
        places.append(start..<bytes.count)
    }
}
