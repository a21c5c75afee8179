import CRdkafkaMock
import Foundation
import Logging
import ServiceLifecycle
import Testing

@testable import EventsKafka

/// Where a test finds brokers: in the process, with faults on demand, and a real one when the run is told of one.
struct KafkaBrokers: Sendable, CustomTestStringConvertible {
    let name: String
    private let realAddress: String?

    var testDescription: String { name }

    static let mock = KafkaBrokers(name: "Kafka, librdkafka's mock brokers", realAddress: nil)
    /// What JARI_TEST_KAFKA names (`make services-up`). Not reaching it fails the tests.
    static let real = ProcessInfo.processInfo.environment["JARI_TEST_KAFKA"].map {
        [KafkaBrokers(name: "Kafka, a real broker", realAddress: $0)]
    }
    static let all = [mock] + (real ?? [])

    /// A topic of the test's own.
    func topic(partitions: Int = 4) throws -> TestTopic {
        let mock = realAddress == nil ? MockCluster() : nil
        let name = "test.\(UUID().uuidString.lowercased())"
        var settings = try KafkaSettings(
            address: "\(realAddress ?? mock?.address ?? "")?topic=\(name)&partitions=\(partitions)",
            clientSettings: ["session.timeout.ms": "6000", "heartbeat.interval.ms": "500"])
        settings.appendLimit = .seconds(20)
        // The mock brokers cannot be asked to make topics.
        try mock?.makeTopic(settings.topic, partitions: partitions)
        try mock?.makeTopic(settings.deadLetterTopic, partitions: partitions)
        return TestTopic(settings: settings, mock: mock)
    }
}

/// A topic, with the brokers that it lies on.
struct TestTopic: Sendable {
    var settings: KafkaSettings
    let mock: MockCluster?
    let logger = Logger(label: "events") { _ in SwiftLogNoOpLogHandler() }

    /// The topic of its dead letters, to be read like any other.
    var dead: TestTopic {
        var dead = self
        dead.settings.topic = settings.deadLetterTopic
        return dead
    }

    /// How many messages lie in it.
    func messageCount(partitions: Int32) throws -> Int64 {
        let client = try #require(rd_kafka_new(RD_KAFKA_PRODUCER, try settings.makeConfiguration([:]), nil, 0))
        defer { rd_kafka_destroy(client) }
        return try (0..<partitions).reduce(0) { sum, partition in
            var low: Int64 = 0
            var high: Int64 = 0
            let error = rd_kafka_query_watermark_offsets(client, settings.topic, partition, &low, &high, 10_000)
            try #require(error == RD_KAFKA_RESP_ERR_NO_ERROR)
            return sum + high - low
        }
    }
}

/// One broker in the process.
final class MockCluster: Sendable {
    nonisolated(unsafe) private let owner: OpaquePointer
    nonisolated(unsafe) private let cluster: OpaquePointer

    init() {
        let configuration = rd_kafka_conf_new()
        // It talks to nobody, and would complain.
        rd_kafka_conf_set(configuration, "log_level", "0", nil, 0)
        guard let owner = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, nil, 0),
            let cluster = rd_kafka_mock_cluster_new(owner, 1)
        else { fatalError("no mock cluster") }
        self.owner = owner
        self.cluster = cluster
    }

    deinit {
        rd_kafka_mock_cluster_destroy(cluster)
        rd_kafka_destroy(owner)
    }

    var address: String { "kafka://" + String(cString: rd_kafka_mock_cluster_bootstraps(cluster)) }

    func makeTopic(_ name: String, partitions: Int) throws {
        try #require(
            rd_kafka_mock_topic_create(cluster, name, Int32(partitions), 1) == RD_KAFKA_RESP_ERR_NO_ERROR)
    }

    func goDown() { rd_kafka_mock_broker_set_down(cluster, 1) }
    func comeUp() { rd_kafka_mock_broker_set_up(cluster, 1) }

    /// Lets the next requests to produce fail with an error.
    func failProducing(with error: rd_kafka_resp_err_t, count: Int) {
        var errors = [rd_kafka_resp_err_t](repeating: error, count: count)
        // 0 is Produce in Kafka's protocol.
        rd_kafka_mock_push_request_errors_array(cluster, 0, count, &errors)
    }
}

/// Runs services while the body runs, then shuts them down as the program does.
func serving(_ services: [any Service], _ body: () async throws -> Void) async throws {
    let group = ServiceGroup(services: services, logger: Logger(label: "services") { _ in SwiftLogNoOpLogHandler() })
    async let running: Void = group.run()
    let result: Result<Void, any Error>
    do { result = .success(try await body()) } catch { result = .failure(error) }
    await group.triggerGracefulShutdown()
    try await running
    try result.get()
}
