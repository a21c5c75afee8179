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
    /// An address without the password in it, for showing.
    var withoutPassword: String {
        guard let scheme = firstRange(of: "://"), let at = self[scheme.upperBound...].firstIndex(of: "@"),
            let colon = self[scheme.upperBound..<at].firstIndex(of: ":")
        else { return self }
        return self[...colon] + "***" + self[at...]
    }
}
