public import Domain
public import Logging
internal import Metrics
public import Ports

/// The event log in a topic of Kafka: CloudEvents in JSON, keyed by their subject, so that a subject's events lie in one
/// partition and stay in order.
public final class KafkaEventLog: EventLog {
    private let settings: KafkaSettings
    private let producer: Producer
    private let produced: Counter
    private let failed: Counter

    /// Connects when the first events come: brokers that are away keep nothing from starting.
    public init(settings: KafkaSettings, logger: Logger) {
        self.settings = settings
        producer = Producer(settings: settings, logger: logger)
        produced = Counter(label: "jari_events_produced_total", dimensions: [("topic", settings.topic)])
        failed = Counter(label: "jari_events_produce_failed_total", dimensions: [("topic", settings.topic)])
    }

    deinit { producer.close() }

    /// Returns when all brokers that must have the events have them. When it throws, some may be there; appending all
    /// of them again keeps the order of each subject's events for whoever drops doubles.
    ///
    /// - Throws: `unavailable` after ``KafkaSettings/appendLimit`` at the latest, or a little later when the topics had
    ///   to be looked for first.
    public func append(_ events: [Event]) async throws(Fault) {
        guard !events.isEmpty else { return }
        let topic = settings.topic
        do throws(Fault) {
            try await producer.send(events.map { OutgoingMessage(event: $0, topic: topic) })
        } catch {
            failed.increment(by: events.count)
            throw error
        }
        produced.increment(by: events.count)
    }

    /// Ends the connection. To be called when the relay has ended.
    public func close() { producer.close() }
}
