internal import CLibpq
internal import Ports

/// Where a PostgreSQL server is: libpq's own URI, with all that libpq understands in it (several hosts, TLS, the
/// password or where to find it). What is not in it, libpq takes from its environment variables and files.
struct Address: Sendable {
    private let uri: String
    /// What the URI says otherwise: that of several servers only one is meant.
    private let only: [(key: String, value: String)]
    /// Each of several servers by itself; none when there is only one.
    let servers: [Address]
    /// The address without its secrets, for messages.
    let description: String

    /// - Throws: A ``Fault`` that does not repeat the address: it may hold a password.
    init(_ uri: String) throws(Fault) {
        let attempt = "read the address of PostgreSQL"
        guard uri.hasPrefix("postgres://") || uri.hasPrefix("postgresql://") else {
            throw Fault(.broken, attempt: attempt, reason: "it does not begin with postgres://")
        }
        guard let options = PQconninfoParse(uri, nil) else {
            throw Fault(
                .broken, attempt: attempt,
                reason: "it is not a libpq URI; characters such as @ : / in a password are written as %40 %3A %2F")
        }
        defer { PQconninfoFree(options) }
        var values: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            values[String(cString: keyword)] = option.pointee.val.map { String(cString: $0) }
            option += 1
        }
        func list(_ keyword: String) -> [String]? {
            values[keyword]?.split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
        }
        let (names, numbers, ports) = (list("host"), list("hostaddr"), list("port") ?? ["5432"])
        let hosts = names ?? numbers ?? ["localhost"]
        let database = values["dbname"].map { "/\($0)" } ?? ""
        let places = hosts.indices.map { index in
            // One port is that of all hosts; one that is left out is the standard one.
            let given = ports.count == 1 ? ports[0] : ports.count > index ? ports[index] : ""
            let port = given.isEmpty ? "5432" : given
            let only = [
                ("host", names?[index]), ("hostaddr", numbers.flatMap { $0.count > index ? $0[index] : nil }),
                ("port", port),
            ]
            return Address(
                uri: uri, only: only.compactMap { key, value in value.map { (key: key, value: $0) } },
                description: "\(hosts[index]):\(port)")
        }
        self.uri = uri
        only = []
        servers =
            places.count == 1
            ? [] : places.map { Address(uri: uri, only: $0.only, description: $0.description + database) }
        description = places.map(\.description).joined(separator: ",") + database
    }

    private init(uri: String, only: [(key: String, value: String)], description: String) {
        self.uri = uri
        self.only = only
        self.description = description
        servers = []
    }

    /// Connects and waits for it.
    ///
    /// - Parameters:
    ///   - defaults: libpq's parameters where the URI says nothing.
    ///   - fixed: Those that the URI cannot change.
    /// - Returns: A connection, good or bad, which the caller must finish; nil without memory.
    func connect(before defaults: [(key: String, value: String)], after fixed: [(key: String, value: String)])
        -> OpaquePointer?
    {
        let parameters = defaults + [("dbname", uri)] + only + fixed
        return Self.withCStrings(parameters.map(\.key)) { keys in
            Self.withCStrings(parameters.map(\.value)) { values in PQconnectdbParams(keys, values, 1) }
        }
    }

    /// Runs `body` on the texts as C wants them, with a null at the end.
    private static func withCStrings<Result>(
        _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
    ) -> Result {
        let buffers = texts.map { text in
            let bytes = text.utf8CString
            let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
            for (index, byte) in bytes.enumerated() { buffer[index] = byte }
            return buffer
        }
        defer { for buffer in buffers { buffer.deallocate() } }
        return (buffers.map { UnsafePointer<CChar>?($0) } + [nil]).withUnsafeBufferPointer { pointers in
            guard let base = pointers.baseAddress else {
                preconditionFailure("an array that ends with a null is empty")
            }
            return body(base)
        }
    }
}

extension StringProtocol {
    /// A message of several lines, with tabs and double spaces, as one line.
    var inOneLine: String { split(whereSeparator: \.isWhitespace).joined(separator: " ") }
}
