internal import CRdkafka
internal import Logging
internal import Ports

/// Makes the topics that are missing. Those that exist stay as they are.
enum Topics {
    private static let limitMs: Int32 = 5_000
    /// Brokers forget where a group was that was away for a week, and it begins with the oldest event again. So none may
    /// be there that consumers do not remember any more (``ConsumedEvents/keptSeconds``): a topic keeps events a day
    /// shorter. Brokers delete whole segments, by their newest event, so a segment must not span long either.
    static let settingsOfEvents = [
        "retention.ms": "\((ConsumedEvents.keptSeconds - 24 * 3600) * 1_000)", "segment.ms": "\(12 * 3600 * 1_000)",
    ]

    static func prepare(_ settings: KafkaSettings, logger: Logger) async throws(Fault) {
        let thread = BlockingThread(named: "kafka-topics")
        try await thread.run { () -> Result<Void, Fault> in
            Result { () throws(Fault) in try prepareBlocking(settings, logger: logger) }
        }.get()
    }

    private static func prepareBlocking(_ settings: KafkaSettings, logger: Logger) throws(Fault) {
        // What goes wrong is told in the fault. This client is a new one each time, and would log it each time.
        var quiet = logger
        quiet.logLevel = .critical
        let client = try KafkaClient(.producer, settings: settings, logger: quiet)
        defer { client.destroy() }
        let existing: Set<String>
        do throws(Fault) {
            existing = try names(client)
        } catch {
            while client.poll(limitMs: 0, { _ in }) {}
            throw Fault(error.code, attempt: error.attempt, reason: client.trouble ?? error.reason)
        }
        let missing = [settings.topic, settings.deadLetterTopic].filter { !existing.contains($0) }
        guard !missing.isEmpty else { return }
        try make(missing, settings: settings, client: client)
        logger.info(
            "made topics", metadata: ["topics": "\(missing)", "partitions": "\(settings.partitions)"])
    }

    /// All topics, since asking for one by name may make it, with the brokers' number of partitions.
    private static func names(_ client: KafkaClient) throws(Fault) -> Set<String> {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let error = rd_kafka_metadata(client.handle, 1, nil, &metadata, limitMs)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata else {
            throw Fault(.unavailable, attempt: "list Kafka's topics", reason: reason(of: error))
        }
        defer { rd_kafka_metadata_destroy(metadata) }
        let topics = UnsafeBufferPointer(start: metadata.pointee.topics, count: Int(metadata.pointee.topic_cnt))
        return Set(topics.compactMap { $0.topic.map { String(cString: $0) } })
    }

    private static func make(_ names: [String], settings: KafkaSettings, client: KafkaClient) throws(Fault) {
        let attempt = "make Kafka's topics \(names.joined(separator: ", "))"
        var text = ErrorText()
        var topics: [OpaquePointer?] = []
        defer { rd_kafka_NewTopic_destroy_array(&topics, topics.count) }
        for name in names {
            let replicas = Int32(settings.replicas ?? -1)
            let topic = text.fill { rd_kafka_NewTopic_new(name, Int32(settings.partitions), replicas, $0, $1) }
            guard let topic else { throw Fault(.unavailable, attempt: attempt, reason: text.text) }
            topics.append(topic)
            // Nobody reads dead letters again, so how long they are kept is the operator's to say.
            guard name == settings.topic else { continue }
            for (name, value) in settingsOfEvents { rd_kafka_NewTopic_set_config(topic, name, value) }
        }
        let answers = rd_kafka_queue_new(client.handle)
        defer { rd_kafka_queue_destroy(answers) }
        let options = rd_kafka_AdminOptions_new(client.handle, RD_KAFKA_ADMIN_OP_CREATETOPICS)
        defer { rd_kafka_AdminOptions_destroy(options) }
        rd_kafka_CreateTopics(client.handle, &topics, topics.count, options, answers)
        guard let event = rd_kafka_queue_poll(answers, 2 * limitMs) else {
            throw Fault(.unavailable, attempt: attempt, reason: "no answer in time")
        }
        defer { rd_kafka_event_destroy(event) }
        let error = rd_kafka_event_error(event)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR, let result = rd_kafka_event_CreateTopics_result(event) else {
            throw Fault(.unavailable, attempt: attempt, reason: reason(of: error))
        }
        var count = 0
        let results = rd_kafka_CreateTopics_result_topics(result, &count)
        for topic in UnsafeBufferPointer(start: results, count: count) {
            let error = rd_kafka_topic_result_error(topic)
            // Another process may have been faster.
            guard error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS else {
                throw Fault(.unavailable, attempt: attempt, reason: reason(of: error))
            }
        }
    }
}
