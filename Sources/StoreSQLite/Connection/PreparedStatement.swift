internal import Domain
internal import GRDB
internal import GRDBSQLite

/// A statement that is bound and stepped through SQLite's C interface.
///
/// GRDB's own arguments and rows box each value; at tens of thousands of holds a second that boxing was a quarter of
/// the time. This type keeps GRDB's cache of prepared statements and goes to SQLite directly for the rest:
///
///     try PreparedStatement(PaymentStatement.update, on: db).run(payment.status, payment.refunded, payment.id)
///     let seat = try PreparedStatement(SeatStatement.byID, on: db).first(id, as: Seat.init)
///
/// Values are bound in the order of the question marks. It must not leave the closure in which GRDB lends the
/// connection.
struct PreparedStatement: ~Copyable {
    /// Keeps the handle alive.
    private let statement: GRDB.Statement
    private let handle: SQLiteStatement
    private let connection: SQLiteConnection
    /// Where the bytes of bound values lie until the statement is reset, so that SQLite need not copy them.
    private let scratch: UnsafeMutableRawBufferPointer
    private static let scratchSize = 512

    init(_ statement: some StatementSet, on db: Database) throws {
        let cached = try db.cachedStatement(sql: statement.rawValue)
        guard let connection = db.sqliteConnection else { throw DatabaseError(resultCode: .SQLITE_MISUSE) }
        self.statement = cached
        self.handle = cached.sqliteStatement
        self.connection = connection
        self.scratch = .allocate(byteCount: Self.scratchSize, alignment: 8)
    }

    deinit {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
        scratch.deallocate()
    }

    // MARK: Running

    /// Runs a statement that returns no rows.
    ///
    /// - Returns: How many rows it inserted, changed or deleted.
    @discardableResult
    func run<each Value: Bindable>(_ value: repeat each Value) throws -> Int {
        try bind(repeat each value)
        defer { sqlite3_reset(handle) }
        let code = sqlite3_step(handle)
        guard code == SQLITE_DONE else { throw failure(code) }
        return Int(sqlite3_changes(connection))
    }

    /// Runs a query and hands each of its rows to `read`.
    func each<each Value: Bindable>(_ value: repeat each Value, read: (Columns) throws -> Void) throws {
        try bind(repeat each value)
        defer { sqlite3_reset(handle) }
        while true {
            switch sqlite3_step(handle) {
            case SQLITE_ROW: try read(Columns(handle))
            case SQLITE_DONE: return
            case let code: throw failure(code)
            }
        }
    }

    /// Runs a query without values and hands its rows to `read` until it returns false.
    func scan(read: (Columns) throws -> Bool) throws {
        defer { sqlite3_reset(handle) }
        while true {
            switch sqlite3_step(handle) {
            case SQLITE_ROW: if try !read(Columns(handle)) { return }
            case SQLITE_DONE: return
            case let code: throw failure(code)
            }
        }
    }

    /// The first row of a query, or nil when it has none.
    func first<Row, each Value: Bindable>(_ value: repeat each Value, as read: (Columns) throws -> Row) throws -> Row? {
        try bind(repeat each value)
        defer { sqlite3_reset(handle) }
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return try read(Columns(handle))
        case SQLITE_DONE: return nil
        case let code: throw failure(code)
        }
    }

    /// All rows of a query.
    func all<Row, each Value: Bindable>(_ value: repeat each Value, as read: (Columns) throws -> Row) throws -> [Row] {
        var rows: [Row] = []
        try each(repeat each value) { rows.append(try read($0)) }
        return rows
    }

    // MARK: Binding

    private func bind<each Value: Bindable>(_ value: repeat each Value) throws {
        var target = BindingTarget(handle: handle, scratch: scratch)
        repeat (each value).bind(to: &target)
        guard target.code == SQLITE_OK else { throw failure(target.code) }
        assert(target.position == sqlite3_bind_parameter_count(handle), "a question mark without its value")
    }

    private func failure(_ code: CInt) -> DatabaseError {
        DatabaseError(
            resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
            message: String(cString: sqlite3_errmsg(connection)), sql: statement.sql)
    }
}

/// A statement's question marks while they are being given values, one after the other.
struct BindingTarget {
    fileprivate let handle: SQLiteStatement
    fileprivate let scratch: UnsafeMutableRawBufferPointer
    fileprivate var position: CInt = 0
    fileprivate var used = 0
    /// The first failure of a binding, or `SQLITE_OK`.
    fileprivate var code = SQLITE_OK

    mutating func bindNull() {
        position += 1
        note(sqlite3_bind_null(handle, position))
    }

    mutating func bind(_ integer: Int64) {
        position += 1
        note(sqlite3_bind_int64(handle, position, integer))
    }

    mutating func bind(_ double: Double) {
        position += 1
        note(sqlite3_bind_double(handle, position, double))
    }

    mutating func bind(blob bytes: UnsafeRawBufferPointer) {
        position += 1
        guard let kept = keep(bytes) else {
            note(sqlite3_bind_blob64(handle, position, bytes.baseAddress, UInt64(bytes.count), copiedBySQLite))
            return
        }
        note(sqlite3_bind_blob64(handle, position, kept, UInt64(bytes.count), nil))
    }

    mutating func bind(text bytes: UnsafeRawBufferPointer) {
        position += 1
        let length = UInt64(bytes.count)
        if let kept = keep(bytes) {
            let text = kept.assumingMemoryBound(to: CChar.self)
            note(sqlite3_bind_text64(handle, position, text, length, nil, UInt8(SQLITE_UTF8)))
        } else {
            let text = bytes.assumingMemoryBound(to: CChar.self).baseAddress
            note(sqlite3_bind_text64(handle, position, text, length, copiedBySQLite, UInt8(SQLITE_UTF8)))
        }
    }

    /// Copies the bytes to where they stay until the statement is reset; nil when they do not fit. Never null for
    /// empty bytes: to SQLite a null pointer is NULL, not an empty value.
    private mutating func keep(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawPointer? {
        guard used + bytes.count <= scratch.count, let base = scratch.baseAddress else { return nil }
        let start = base + used
        if let source = bytes.baseAddress { start.copyMemory(from: source, byteCount: bytes.count) }
        used += bytes.count
        return UnsafeRawPointer(start)
    }

    private mutating func note(_ result: CInt) {
        if code == SQLITE_OK { code = result }
    }
}

/// Tells SQLite to copy a value while it is bound. C spells it as -1 cast to a function.
private let copiedBySQLite = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
