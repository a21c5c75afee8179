internal import CoordinationRedis
internal import EventsKafka

/// Where something is kept or done, as a setting names it.
enum StoreAddress: Sendable {
    /// The path of a file.
    case sqlite(String)
    /// A connection URI of libpq.
    case postgres(String)
}

enum CoordinationAddress: Sendable {
    case inProcess
    case redis(RedisURL)
}

enum EventsAddress: Sendable {
    case inProcess
    case kafka(KafkaSettings)
}

extension String {
    /// An address without the secrets in it, for showing: the password before the host, and fields of the query whose
    /// names say that they are secret.
    var withoutPassword: String {
        guard let scheme = firstRange(of: "://") else { return self }
        var rest = self[scheme.upperBound...]
        // A password may hold any character but a slash; rather too much is hidden than too little.
        if let at = rest.prefix(while: { $0 != "/" }).lastIndex(of: "@") {
            let user = rest[..<at].prefix { $0 != ":" }
            if user.endIndex < at { rest = user + ":***" + rest[at...] }
        }
        let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let authority = parts[0]
        guard parts.count == 2 else { return String(self[..<scheme.upperBound] + authority) }
        let fields = parts[1].split(separator: "&", omittingEmptySubsequences: false).map { field in
            let name = field.prefix { $0 != "=" }
            let isSecret = ["password", "secret", "key"].contains { name.lowercased().contains($0) }
            return isSecret ? name + "=***" : field
        }
        return String(self[..<scheme.upperBound] + authority) + "?" + fields.joined(separator: "&")
    }
}
