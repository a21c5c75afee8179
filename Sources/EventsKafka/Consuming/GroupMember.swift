internal import CRdkafka
internal import Logging
internal import Ports
internal import Synchronization

/// One member of a consumer group. The brokers share the topic's partitions out among the members; librdkafka takes and
/// gives them up between two polls, when nothing is in work here.
final class GroupMember: Sendable {
    private static let rewindLimitMs: Int32 = 10_000
    private static let commitLimitMs: Int32 = 3_000
    private static let closeLimit = Duration.seconds(3)

    private let client: KafkaClient
    private let thread = BlockingThread(named: "kafka-consumer")
    /// Of each partition the offset after what is done with, as far as this member has seen.
    private let next = Mutex<[Partition: Int64]>([:])

    struct Partition: Hashable, Sendable {
        let topic: String
        let number: Int32
    }

    init(group: String, settings: KafkaSettings, logger: Logger) throws(Fault) {
        client = try KafkaClient(
            .consumer, settings: settings,
            decided: [
                "group.id": group,
                // Offsets are committed when the consumer has returned.
                "enable.auto.commit": "false",
                "enable.auto.offset.store": "false",
                // A new group begins with the oldest event.
                "auto.offset.reset": "earliest",
            ],
            defaults: [
                // So that the partitions of a process that was killed are not left lying for long.
                "session.timeout.ms": "10000",
                "queued.max.messages.kbytes": "16384",
            ], logger: logger)
        let topics = rd_kafka_topic_partition_list_new(1)
        defer { rd_kafka_topic_partition_list_destroy(topics) }
        rd_kafka_topic_partition_list_add(topics, settings.topic, -1)
        let error = rd_kafka_subscribe(client.handle, topics)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            client.destroy()
            throw Fault(.unavailable, attempt: "join the group \(group)", reason: reason(of: error))
        }
    }

    /// Waits for messages and takes those that have come.
    ///
    /// - Returns: At most `countMax`, those of one partition in order. None after `limitMs`, or after ``wake()``.
    func poll(countMax: Int, limitMs: Int32) async throws(Fault) -> [IncomingMessage] {
        try await thread.run { [self] () -> Result<[IncomingMessage], Fault> in
            var messages: [IncomingMessage] = []
            var fatal: String?
            var hasMore = true
            while hasMore, messages.count < countMax, fatal == nil {
                hasMore = client.poll(limitMs: messages.isEmpty ? limitMs : 0) { event in
                    if rd_kafka_event_type(event) == RD_KAFKA_EVENT_FETCH {
                        while let message = rd_kafka_event_message_next(event) {
                            guard message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR else { continue }
                            messages.append(IncomingMessage(message))
                        }
                    } else if rd_kafka_event_error_is_fatal(event) != 0 {
                        fatal = rd_kafka_event_error_string(event).map { String(cString: $0) } ?? "fatal error"
                    }
                }
                // A poll that brought no message but a line for the log has used up the patience of this call.
                if messages.isEmpty { hasMore = false }
            }
            if let fatal { return .failure(Fault(.unavailable, attempt: "read events from Kafka", reason: fatal)) }
            note(messages)
            return .success(messages)
        }.get()
    }

    /// Lets a poll that waits return.
    func wake() { client.wake() }

    /// Remembers at the brokers that these messages are done with. Failing only means that they may come again.
    func commit(_ messages: [IncomingMessage], logger: Logger) async {
        let error = await thread.run { [self] () -> rd_kafka_resp_err_t in
            let places = list(messages) { max($0, $1 + 1) }
            defer { rd_kafka_topic_partition_list_destroy(places) }
            next.withLock { next in
                for message in messages { next[message.partition] = message.place.offset + 1 }
            }
            return waitForCommit(of: places)
        }
        guard error != RD_KAFKA_RESP_ERR_NO_ERROR else { return client.isReached() }
        logger.info(
            "what was consumed could not be noted: some events will come again",
            metadata: ["reason": "\(reason(of: error))"])
    }

    /// Goes back to before these messages, so that the next poll brings them again.
    ///
    /// - Throws: When nobody knows where the next poll would go on. The member is of no use then.
    func rewind(to messages: [IncomingMessage]) async throws(Fault) {
        try await thread.run { [self] () -> Result<Void, Fault> in
            let places = list(messages) { min($0, $1) }
            defer { rd_kafka_topic_partition_list_destroy(places) }
            let failure = rd_kafka_seek_partitions(client.handle, places, Self.rewindLimitMs)
            var why = failure.map { error in
                defer { rd_kafka_error_destroy(error) }
                return reason(of: rd_kafka_error_code(error))
            }
            for index in 0..<Int(places?.pointee.cnt ?? 0) {
                let error = places?.pointee.elems[index].err ?? RD_KAFKA_RESP_ERR_NO_ERROR
                if error != RD_KAFKA_RESP_ERR_NO_ERROR { why = reason(of: error) }
            }
            guard let why else { return .success(()) }
            return .failure(Fault(.unavailable, attempt: "go back to events that failed", reason: why))
        }.get()
    }

    /// How many messages of each partition of this member wait, as of its last answers from the brokers.
    func lags() async -> [Partition: Int64] {
        await thread.run { [self] in
            var assigned: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
            guard rd_kafka_assignment(client.handle, &assigned) == RD_KAFKA_RESP_ERR_NO_ERROR, let assigned else {
                return [:]
            }
            defer { rd_kafka_topic_partition_list_destroy(assigned) }
            let next = next.withLock { $0 }
            var lags: [Partition: Int64] = [:]
            for index in 0..<Int(assigned.pointee.cnt) {
                let element = assigned.pointee.elems[index]
                let partition = Partition(
                    topic: element.topic.map { String(cString: $0) } ?? "", number: element.partition)
                var low: Int64 = 0
                var high: Int64 = 0
                let error = rd_kafka_get_watermark_offsets(
                    client.handle, element.topic, element.partition, &low, &high)
                guard error == RD_KAFKA_RESP_ERR_NO_ERROR, high >= 0 else { continue }
                // Where nothing has come since the member got the partition, nothing waits.
                lags[partition] = max(0, high - (next[partition] ?? high))
            }
            return lags
        }
    }

    /// Leaves the group, so that others take over at once; when the brokers are away, they find out by themselves.
    /// Nothing may be called afterwards.
    func close() async {
        await thread.run { [self] in
            let deadline = ContinuousClock.now.advanced(by: Self.closeLimit)
            if let error = rd_kafka_consumer_close_queue(client.handle, client.queue) { rd_kafka_error_destroy(error) }
            while rd_kafka_consumer_closed(client.handle) == 0, .now < deadline {
                _ = client.poll(limitMs: 100) { _ in }
            }
        }
        // Nobody waits for it: with a commit on the way to brokers that are away, it takes until the session ends.
        thread.start { [self] in client.destroy() }
    }

    /// Not librdkafka's own blocking commit, which has no limit when the brokers are away.
    private func waitForCommit(of places: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?) -> rd_kafka_resp_err_t
    {
        let answers = rd_kafka_queue_new(client.handle)
        defer { rd_kafka_queue_destroy(answers) }
        let error = rd_kafka_commit_queue(client.handle, places, answers, nil, nil)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { return error }
        guard let event = rd_kafka_queue_poll(answers, Self.commitLimitMs) else { return RD_KAFKA_RESP_ERR__TIMED_OUT }
        defer { rd_kafka_event_destroy(event) }
        return rd_kafka_event_error(event)
    }

    private func note(_ messages: [IncomingMessage]) {
        guard !messages.isEmpty else { return }
        client.isReached()
        next.withLock { next in
            for message in messages where next[message.partition] == nil {
                next[message.partition] = message.place.offset
            }
        }
    }

    /// One place for each partition of the messages.
    private func list(
        _ messages: [IncomingMessage], _ choose: (Int64, Int64) -> Int64
    ) -> UnsafeMutablePointer<rd_kafka_topic_partition_list_t>? {
        var offsets: [Partition: Int64] = [:]
        for message in messages {
            let first = offsets[message.partition] ?? choose(message.place.offset, message.place.offset)
            offsets[message.partition] = choose(first, message.place.offset)
        }
        let list = rd_kafka_topic_partition_list_new(Int32(offsets.count))
        for (partition, offset) in offsets {
            rd_kafka_topic_partition_list_add(list, partition.topic, partition.number)?.pointee.offset = offset
        }
        return list
    }
}

extension IncomingMessage {
    fileprivate var partition: GroupMember.Partition {
        GroupMember.Partition(topic: place.topic, number: place.partition)
    }
}
