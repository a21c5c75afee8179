import CRdkafkaMock
import Domain
import Ports
import TestSupport
import Testing

@testable import EventsKafka

@Suite("Kafka with faults")
struct BrokerFaultTests {
    @Test("While the brokers are away appending fails in time, and afterwards nothing is lost or out of order")
    func away() async throws {
        var topic = try KafkaBrokers.mock.topic()
        topic.settings.appendLimit = .milliseconds(700)
        let consumer = RecordingConsumer()
        let log = KafkaEventLog(settings: topic.settings, logger: topic.logger)
        defer { log.close() }
        var story = Story(subjectCount: 50)
        let group = KafkaConsumerGroup(settings: topic.settings, consumer: consumer, logger: topic.logger)
        try await serving([group]) {
            try await relay(story.next(), to: log)
            topic.mock?.goDown()
            let second = story.next()
            let clock = ContinuousClock()
            for _ in 0..<2 {
                let start = clock.now
                let fault = await #expect(throws: Fault.self) { try await log.append(second) }
                #expect(fault?.code == .unavailable)
                #expect(start.duration(to: clock.now) < .seconds(10), "it waits far longer than its limit")
            }
            topic.mock?.comeUp()
            // The relay brings what failed again, and what has come meanwhile.
            try await relay(second + story.next(), to: log)
            let hasAll = await eventually { Set(consumer.seen.map(\.id)) == Set(story.told.map(\.id)) }
            #expect(hasAll)
            #expect(consumer.firstSeen() == story.told.bySubject())
        }
    }

    @Test("Brokers that fail at a few requests cost no event, no double and no order")
    func retriable() async throws {
        let topic = try KafkaBrokers.mock.topic(partitions: 1)
        let consumer = RecordingConsumer()
        let log = KafkaEventLog(settings: topic.settings, logger: topic.logger)
        defer { log.close() }
        var story = Story(subjectCount: 100)
        let group = KafkaConsumerGroup(settings: topic.settings, consumer: consumer, logger: topic.logger)
        try await serving([group]) {
            for error in [
                RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
                RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
            ] {
                topic.mock?.failProducing(with: error, count: 2)
                try await log.append(story.next())
            }
            let hasAll = await eventually { consumer.seen.count >= story.told.count }
            #expect(hasAll)
            #expect(consumer.seen.map(\.id) == story.told.map(\.id))
        }
    }

    @Test("A message that the brokers refuse for good fails the append, and the next one works again")
    func refused() async throws {
        let topic = try KafkaBrokers.mock.topic(partitions: 1)
        let log = KafkaEventLog(settings: topic.settings, logger: topic.logger)
        defer { log.close() }
        var story = Story(subjectCount: 10)
        try await log.append(story.next())
        topic.mock?.failProducing(with: RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, count: 1)
        let events = story.next()
        let fault = await #expect(throws: Fault.self) { try await log.append(events) }
        #expect(fault?.code == .unavailable)
        try await log.append(events)
    }

    @Test("A session delivers nothing after what it could not deliver")
    func prefix() async throws {
        let topic = try KafkaBrokers.mock.topic(partitions: 1)
        let session = try ProducerSession(settings: topic.settings, logger: topic.logger)
        var story = Story(subjectCount: 1)
        topic.mock?.failProducing(with: RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, count: 1)
        let first = story.next().map { OutgoingMessage(event: $0, topic: topic.settings.topic) }
        let second = story.next().map { OutgoingMessage(event: $0, topic: topic.settings.topic) }
        await #expect(throws: Fault.self) { try await session.send(first) }
        #expect(session.isOver)
        await #expect(throws: Fault.self) { try await session.send(second) }
    }

    @Test("A group ends in time while the brokers are away, also with something to commit")
    func endingWithoutBrokers() async throws {
        var topic = try KafkaBrokers.mock.topic(partitions: 1)
        // Until then the group hopes for its coordinator.
        topic.settings.clientSettings["session.timeout.ms"] = "60000"
        let mock = topic.mock
        let consumer = RecordingConsumer { _ in
            // The brokers go while the event is consumed.
            mock?.goDown()
            return nil
        }
        let log = KafkaEventLog(settings: topic.settings, logger: topic.logger)
        defer { log.close() }
        var story = Story(subjectCount: 1)
        try await log.append(story.next())
        let clock = ContinuousClock()
        var end = clock.now
        let group = KafkaConsumerGroup(settings: topic.settings, consumer: consumer, logger: topic.logger)
        try await serving([group]) {
            let hasIt = await eventually { !consumer.seen.isEmpty }
            #expect(hasIt)
            end = clock.now
        }
        #expect(end.duration(to: clock.now) < .seconds(10), "the program's limit for ending is 25 s")
    }

    @Test("No broker at all: appending fails in time, and a group waits without ending")
    func nobody() async throws {
        let settings = try KafkaSettings(address: "kafka://127.0.0.1:1")
        let topic = TestTopic(settings: settings, mock: nil)
        let log = KafkaEventLog(settings: settings, logger: topic.logger)
        defer { log.close() }
        let group = KafkaConsumerGroup(settings: settings, consumer: RecordingConsumer(), logger: topic.logger)
        var story = Story(subjectCount: 1)
        let events = story.next()
        try await serving([group]) {
            let fault = await #expect(throws: Fault.self) { try await log.append(events) }
            #expect(fault?.code == .unavailable)
            #expect(fault?.reason.contains("Connection refused") == true, "\(fault?.reason ?? "")")
        }
    }

    @Test(
        "A real broker makes the topics that are missing, with the partitions asked for",
        arguments: KafkaBrokers.real ?? [])
    func topics(brokers: KafkaBrokers) async throws {
        let topic = try brokers.topic(partitions: 7)
        for _ in 0..<2 { try await Topics.prepare(topic.settings, logger: topic.logger) }
        for name in [topic.settings.topic, topic.settings.deadLetterTopic] {
            #expect(try partitionCount(of: name, settings: topic.settings) == 7, "\(name)")
        }
        let kept = try configuration(of: topic.settings.topic, settings: topic.settings)
        #expect(kept["retention.ms"] == "518400000" && kept["segment.ms"] == "43200000", "\(kept)")
    }

    @Test("Events are gone from the topic before consumers forget that they have seen them")
    func retention() throws {
        // A segment goes when its newest event is too old, so its oldest may be older by what a segment spans.
        let ms = try ["retention.ms", "segment.ms"].map { name in
            try #require(Topics.settingsOfEvents[name].flatMap { Int($0) })
        }
        #expect(ms.reduce(0, +) < ConsumedEvents.keptSeconds * 1_000)
    }

    private func configuration(of name: String, settings: KafkaSettings) throws -> [String: String] {
        let client = try #require(rd_kafka_new(RD_KAFKA_PRODUCER, try settings.makeConfiguration([:]), nil, 0))
        defer { rd_kafka_destroy(client) }
        let queue = rd_kafka_queue_new(client)
        defer { rd_kafka_queue_destroy(queue) }
        var resources = [rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name)]
        defer { rd_kafka_ConfigResource_destroy_array(&resources, 1) }
        rd_kafka_DescribeConfigs(client, &resources, 1, nil, queue)
        let event = try #require(rd_kafka_queue_poll(queue, 10_000))
        defer { rd_kafka_event_destroy(event) }
        var count = 0
        let described = rd_kafka_DescribeConfigs_result_resources(
            rd_kafka_event_DescribeConfigs_result(event), &count)
        let topic = try #require(described?[0])
        let entries = rd_kafka_ConfigResource_configs(topic, &count)
        var values: [String: String] = [:]
        for entry in UnsafeBufferPointer(start: entries, count: count) {
            guard let name = rd_kafka_ConfigEntry_name(entry), let value = rd_kafka_ConfigEntry_value(entry) else {
                continue
            }
            values[String(cString: name)] = String(cString: value)
        }
        return values
    }

    private func partitionCount(of name: String, settings: KafkaSettings) throws -> Int {
        let client = try #require(rd_kafka_new(RD_KAFKA_PRODUCER, try settings.makeConfiguration([:]), nil, 0))
        defer { rd_kafka_destroy(client) }
        let topic = rd_kafka_topic_new(client, name, nil)
        defer { rd_kafka_topic_destroy(topic) }
        var metadata: UnsafePointer<rd_kafka_metadata>?
        try #require(rd_kafka_metadata(client, 0, topic, &metadata, 10_000) == RD_KAFKA_RESP_ERR_NO_ERROR)
        defer { rd_kafka_metadata_destroy(metadata) }
        return Int(try #require(metadata?.pointee.topics?.pointee.partition_cnt))
    }
}
