import EventsInProcess
import EventsKafka
import Logging
import Ports
import Testing

/// A driver of the event log, and how to run one that delivers to given consumers.
struct EventLogDriver: Sendable, CustomTestStringConvertible {
    let name: String
    /// Calls the body with the log while consumers are served.
    let run: @Sendable ([any EventConsumer], (any EventLog) async throws -> Void) async throws -> Void

    var testDescription: String { name }

    static let all =
        [EventLogDriver(name: "in process") { try await $1(InProcessEventLog(consumers: $0)) }]
        + KafkaBrokers.all.map { brokers in
            EventLogDriver(name: brokers.name) { consumers, body in
                let topic = try brokers.topic()
                let log = KafkaEventLog(settings: topic.settings, logger: topic.logger)
                defer { log.close() }
                let groups = consumers.map {
                    KafkaConsumerGroup(settings: topic.settings, consumer: $0, logger: topic.logger)
                }
                try await serving(groups) { try await body(log) }
            }
        }
}
