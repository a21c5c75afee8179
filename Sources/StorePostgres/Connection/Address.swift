internal import CLibpq
internal import Ports

/// Where a PostgreSQL server is: libpq's own URI, with all that libpq understands in it (several hosts, TLS, the
/// password or where to find it). What is not in it, libpq takes from its environment variables and files.
struct Address: Sendable {
    private let uri: String
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
        let hosts = (values["host"] ?? values["hostaddr"] ?? "localhost").split(separator: ",")
        let ports = (values["port"] ?? "5432").split(separator: ",")
        let places = hosts.enumerated().map { index, host in
            "\(host):\(ports.count > index ? ports[index] : ports.last ?? "5432")"
        }
        self.uri = uri
        description = places.joined(separator: ",") + (values["dbname"].map { "/\($0)" } ?? "")
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
        let parameters = defaults + [("dbname", uri)] + fixed
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
