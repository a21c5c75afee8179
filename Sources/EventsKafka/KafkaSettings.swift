internal import CRdkafka

/// Where the brokers are, which topics are ours, and what librdkafka is told beyond what Jari decides itself.
///
/// `kafka://host:port[,host:port…]?topic=jari.events&partitions=12&replicas=3&security.protocol=SASL_SSL&…`
///
/// A query field with a dot in its name is a setting of librdkafka, passed on as it is. What should not stand in an
/// address, such as a password, is given beside it; see ``init(address:clientSettings:)``.
public struct KafkaSettings: Sendable {
    /// Why settings cannot be used, in words for whoever wrote them.
    public struct Mistake: Error, Hashable, CustomStringConvertible {
        public let description: String
    }

    /// `host:port`, separated by commas.
    public var brokers: String
    /// Where events go.
    public var topic = "jari.events"
    /// Where events go that a consumer cannot use.
    public var deadLetterTopic: String { topic + ".dead" }
    /// How many partitions a topic gets that is made here. Fixed from then on: with another number, a subject's later
    /// events could overtake its earlier ones.
    public var partitions = 12
    /// On how many brokers a topic that is made here lies. Nil is the brokers' default.
    public var replicas: Int?
    /// How long appending waits for the brokers, from the first message to the last acknowledgement.
    public var appendLimit = Duration.seconds(10)
    /// By librdkafka's names.
    var clientSettings: [String: String] = [:]

    /// What Jari's promises rest on, so that nobody sets it otherwise.
    private static let decidedHere: Set<String> = [
        "acks", "request.required.acks", "bootstrap.servers", "metadata.broker.list", "delivery.timeout.ms",
        "message.timeout.ms", "enable.auto.commit", "auto.commit.enable", "enable.gapless.guarantee",
        "enable.idempotence", "enable.auto.offset.store", "group.id", "log.queue", "transactional.id",
        "auto.offset.reset",
    ]

    /// - Parameters:
    ///   - address: As described above. User names, paths and fragments are not part of it.
    ///   - clientSettings: More of librdkafka's settings, by its names (`sasl.password`); they win over the address's.
    public init(address: String, clientSettings: [String: String] = [:]) throws(Mistake) {
        let scheme = "kafka://"
        guard address.hasPrefix(scheme) else { throw Mistake(description: "a Kafka address begins with \(scheme)") }
        let parts = address.dropFirst(scheme.count).split(
            separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        brokers = String(parts[0].hasSuffix("/") ? parts[0].dropLast() : parts[0])
        guard !brokers.isEmpty, brokers.split(separator: ",", omittingEmptySubsequences: false).allSatisfy(isBroker)
        else { throw Mistake(description: "a Kafka address names brokers as host:port, separated by commas") }
        if parts.count > 1 { try read(query: parts[1]) }
        for (name, value) in clientSettings { try pass(name, value) }
        try checkClientSettings()
    }

    /// The librdkafka name that an environment variable sets: `JARI_KAFKA_SASL_PASSWORD` is `sasl.password`.
    ///
    /// - Returns: Nil for a variable that has another meaning.
    public static func clientSetting(environmentVariable name: String) -> String? {
        let prefix = "JARI_KAFKA_"
        guard name.hasPrefix(prefix), name.utf8.count > prefix.utf8.count else { return nil }
        return String(name.dropFirst(prefix.count).lowercased().map { $0 == "_" ? "." : $0 })
    }

    private mutating func read(query: Substring) throws(Mistake) {
        for field in query.split(separator: "&") {
            let pair = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, let value = percentDecoded(pair[1]) else {
                throw Mistake(description: "'\(field)' in the Kafka address is not name=value")
            }
            switch pair[0] {
            case "topic":
                guard isTopic(value) else {
                    throw Mistake(description: "a topic's name has 1 to 200 of a-z, A-Z, 0-9, '.', '_' and '-'")
                }
                topic = value
            case "partitions": partitions = try count(value, named: "partitions", max: 10_000)
            case "replicas": replicas = try count(value, named: "replicas", max: 100)
            default: try pass(String(pair[0]), value)
            }
        }
    }

    private mutating func pass(_ name: String, _ value: String) throws(Mistake) {
        guard name.contains(".") else { throw Mistake(description: "a Kafka address has no field '\(name)'") }
        guard !Self.decidedHere.contains(name) else {
            throw Mistake(description: "Kafka's '\(name)' is decided by Jari and cannot be set")
        }
        clientSettings[name] = value
    }

    private func count(_ text: String, named name: String, max: Int) throws(Mistake) -> Int {
        guard let count = Int(text), (1...max).contains(count) else {
            throw Mistake(description: "'\(name)' in the Kafka address is a number from 1 to \(max)")
        }
        return count
    }

    /// So that a typing mistake is told at the start and not when the first event comes.
    private func checkClientSettings() throws(Mistake) {
        rd_kafka_conf_destroy(try makeConfiguration([:]))
    }

    /// What a client is made with: our defaults, then what the operator passes on, then what is not for them to change.
    ///
    /// - Returns: A configuration that whoever makes a client of it gives away, or destroys.
    func makeConfiguration(_ decided: [String: String], defaults: [String: String] = [:]) throws(Mistake)
        -> OpaquePointer
    {
        guard let configuration = rd_kafka_conf_new() else { throw Mistake(description: "librdkafka has no memory") }
        var settings = ["client.id": "jari"]
        settings.merge(defaults) { _, new in new }
        settings.merge(clientSettings) { _, new in new }
        settings.merge(decided) { _, new in new }
        settings["bootstrap.servers"] = brokers
        // Messages and mistakes of librdkafka come through the client's queue, not on its own threads.
        settings["log.queue"] = "true"
        do throws(Mistake) {
            for (name, value) in settings { try set(name, value, of: configuration) }
        } catch {
            rd_kafka_conf_destroy(configuration)
            throw error
        }
        return configuration
    }

    private func set(_ name: String, _ value: String, of configuration: OpaquePointer) throws(Mistake) {
        var reason = ErrorText()
        let result = reason.fill { rd_kafka_conf_set(configuration, name, value, $0, $1) }
        // The value may be a password, and librdkafka's reason repeats it: only the name is told.
        switch result {
        case RD_KAFKA_CONF_OK: return
        case RD_KAFKA_CONF_UNKNOWN: throw Mistake(description: "librdkafka has no setting '\(name)'")
        default: throw Mistake(description: "librdkafka does not take what '\(name)' is set to")
        }
    }
}

private func isBroker(_ text: Substring) -> Bool {
    guard let colon = text.lastIndex(of: ":"), colon > text.startIndex,
        let port = UInt16(text[text.index(after: colon)...]), port > 0
    else { return false }
    return !text.contains("@") && !text.contains("/")
}

/// The dead-letter topic's name is longer, and Kafka takes 249 characters.
private func isTopic(_ text: String) -> Bool {
    (1...200).contains(text.utf8.count) && text != "." && text != ".."
        && text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
}

private func percentDecoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%") else {
            bytes.append(byte)
            continue
        }
        guard rest.count >= 2, let value = UInt8(Substring(rest.prefix(2)), radix: 16) else { return nil }
        bytes.append(value)
        rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
}
