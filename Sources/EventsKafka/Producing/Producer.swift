internal import Logging
internal import Ports
internal import Synchronization

/// Sends messages, in a new session after each failure, to topics that it has seen to exist.
final class Producer: Sendable {
    private struct State {
        var session: ProducerSession?
        var hasTopics = false
        var isClosed = false
    }

    private let settings: KafkaSettings
    private let logger: Logger
    private let state = Mutex(State())

    init(settings: KafkaSettings, logger: Logger) {
        self.settings = settings
        self.logger = logger
    }

    /// Returns when all messages are acknowledged. When it throws, some may be there.
    func send(_ messages: [OutgoingMessage]) async throws(Fault) {
        if !state.withLock({ $0.hasTopics }) {
            try await Topics.prepare(settings, logger: logger)
            state.withLock { $0.hasTopics = true }
        }
        let session = try session()
        do throws(Fault) {
            try await session.send(messages)
        } catch {
            // Brokers may come back with less than they had.
            state.withLock { $0.hasTopics = false }
            throw error
        }
    }

    /// Nothing can be sent afterwards.
    func close() {
        let session = state.withLock { state in
            state.isClosed = true
            defer { state.session = nil }
            return state.session
        }
        session?.end(because: "the program ends")
    }

    private func session() throws(Fault) -> ProducerSession {
        let session = state.withLock { state -> Result<ProducerSession, Fault> in
            if let session = state.session, !session.isOver { return .success(session) }
            guard !state.isClosed else {
                return .failure(Fault(.unavailable, attempt: "send to Kafka", reason: "the program ends"))
            }
            return Result { () throws(Fault) in
                let session = try ProducerSession(settings: settings, logger: logger)
                state.session = session
                return session
            }
        }
        return try session.get()
    }
}
