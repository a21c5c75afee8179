/// Where a Redis server listens.
struct RedisAddress: Hashable, Sendable, CustomStringConvertible {
    let host: String
    let port: Int

    var description: String { "\(host):\(port)" }
}

/// Where Redis is and how to log in, as one text.
///
/// - `redis://[user:password@]host[:port][/database]`: one server; `rediss://` the same with TLS.
/// - `redis-sentinel://[user:password@]host[:port],…/primary[/database]`: the sentinels, and the primary's name.
/// - `redis-cluster://[user:password@]host[:port],…`: some nodes of a cluster.
///
/// `?tls=true` asks for TLS with sentinels and clusters, and `?ca=/path/to/file.pem` trusts the authorities in that file
/// instead of the system's. User, password and path are percent-encoded.
public struct RedisURL: Hashable, Sendable {
    /// Why a text is no such URL, in words for whoever configures.
    public struct Malformed: Error, CustomStringConvertible {
        public let description: String
    }

    enum Mode: Hashable, Sendable {
        case single(RedisAddress)
        case sentinel([RedisAddress], primary: String)
        case cluster([RedisAddress])
    }

    let mode: Mode
    let user: String?
    let password: String?
    let database: Int
    let usesTLS: Bool
    /// A file with the certificates to trust. Nil for those of the system.
    let authorityFile: String?

    public init(_ text: String) throws(Malformed) {
        guard let mark = text.firstRange(of: "://") else { throw Malformed(description: "it has no ://") }
        let scheme = text[..<mark.lowerBound]
        let query = text[mark.upperBound...].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = (query.first ?? "").split(separator: "/", omittingEmptySubsequences: false)
        var authority = path.first ?? ""
        if let at = authority.lastIndex(of: "@") {
            (user, password) = try Self.login(authority[..<at])
            authority = authority[authority.index(after: at)...]
        } else {
            (user, password) = (nil, nil)
        }
        var (usesTLS, authorityFile) = (scheme == "rediss", nil as String?)
        for option in query.dropFirst().first?.split(separator: "&") ?? [] {
            switch option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).first {
            case "tls" where option == "tls=true": usesTLS = true
            case "ca" where option.count > 3: authorityFile = try Self.decoded(option.dropFirst(3))
            default: throw Malformed(description: "its query may be tls=true and ca=a file")
            }
        }
        (self.usesTLS, self.authorityFile) = (usesTLS, authorityFile)
        let rest = path.dropFirst().filter { !$0.isEmpty }
        switch scheme {
        case "redis", "rediss":
            let addresses = try Self.addresses(authority, port: 6379)
            guard addresses.count == 1, rest.count <= 1 else {
                throw Malformed(description: "\(scheme):// takes one host and a database")
            }
            mode = .single(addresses[0])
            database = try Self.database(rest.first)
        case "redis-sentinel":
            guard let primary = rest.first, rest.count <= 2 else {
                throw Malformed(description: "redis-sentinel:// takes hosts, the primary's name and a database")
            }
            mode = .sentinel(try Self.addresses(authority, port: 26379), primary: String(primary))
            database = try Self.database(rest.dropFirst().first)
        case "redis-cluster":
            guard rest.isEmpty else { throw Malformed(description: "a cluster has no databases") }
            mode = .cluster(try Self.addresses(authority, port: 6379))
            database = 0
        default: throw Malformed(description: "\(scheme):// is none of redis, rediss, redis-sentinel, redis-cluster")
        }
    }

    private static func login(_ text: Substring) throws(Malformed) -> (user: String?, password: String?) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let user = try decoded(parts[0])
        guard parts.count == 2 else { throw Malformed(description: "a user needs a password") }
        return (user.isEmpty ? nil : user, try decoded(parts[1]))
    }

    private static func decoded(_ text: Substring) throws(Malformed) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(rest.prefix(2)) ?? "", radix: 16) else {
                throw Malformed(description: "a % is not followed by two hexadecimal digits")
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func addresses(_ text: Substring, port: Int) throws(Malformed) -> [RedisAddress] {
        var addresses: [RedisAddress] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let address = RedisAddress(part, port: port) else {
                throw Malformed(description: "\"\(part)\" is no host and port")
            }
            addresses.append(address)
        }
        return addresses
    }

    private static func database(_ text: Substring?) throws(Malformed) -> Int {
        guard let text else { return 0 }
        guard let number = Int(text), (0..<1_000_000).contains(number) else {
            throw Malformed(description: "\"\(text)\" is no database")
        }
        return number
    }
}

extension RedisAddress {
    /// Reads `host`, `host:port`, `[IPv6]` or `[IPv6]:port`.
    fileprivate init?(_ text: Substring, port: Int) {
        var host = text
        var tail: Substring = ""
        if text.first == "[", let end = text.firstIndex(of: "]") {
            host = text[text.index(after: text.startIndex)..<end]
            tail = text[text.index(after: end)...]
        } else if let colon = text.lastIndex(of: ":") {
            host = text[..<colon]
            tail = text[colon...]
        }
        guard !host.isEmpty else { return nil }
        if tail.isEmpty {
            self.init(host: String(host), port: port)
        } else {
            guard tail.first == ":", let port = Int(tail.dropFirst()), (1...65_535).contains(port) else { return nil }
            self.init(host: String(host), port: port)
        }
    }
}
