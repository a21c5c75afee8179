public import Domain
public import Ports

/// Hands events straight to the consumers in this process. Nothing is kept: the outbox is what remembers.
public final class InProcessEventLog: EventLog {
    private let consumers: [any EventConsumer]

    public init(consumers: [any EventConsumer]) {
        self.consumers = consumers
    }

    /// Brings the events to each consumer in turn. When one fails, those before it have seen the events and those
    /// after it have not; the relay brings them all again, and each consumer drops what it has seen.
    public func append(_ events: [Event]) async throws(Fault) {
        guard !events.isEmpty else { return }
        for consumer in consumers {
            try await consumer.consume(events)
        }
    }
}
