internal import Ports

/// The topic for messages that a consumer cannot use: as they came, with headers that say whose they were and why.
struct DeadLetters: Sendable {
    let producer: Producer
    let topic: String
    let group: String

    /// Returns when they are safe there.
    func add(_ messages: [(message: IncomingMessage, reason: String)]) async throws(Fault) {
        let letters = messages.map { message, reason in
            OutgoingMessage(
                topic: topic, key: message.key, value: message.value,
                headers: message.headers + [
                    header("dead-reason", String(reason.prefix(1_000))),
                    header("dead-group", group),
                    header("dead-topic", message.place.topic),
                    header("dead-partition", "\(message.place.partition)"),
                    header("dead-offset", "\(message.place.offset)"),
                ])
        }
        try await producer.send(letters)
    }

    private func header(_ name: String, _ value: String) -> (name: String, value: [UInt8]) {
        (name, Array(value.utf8))
    }
}
