internal import NIOCore
internal import Ports
internal import Synchronization

/// Servers whose answers are hints: whoever asks goes on without one that takes long.
///
/// The command is not taken back, and a server that hangs is not given up sooner than otherwise: others may still wait
/// for it.
struct HintServers: RedisServers {
    let servers: any RedisServers
    let group: any EventLoopGroup
    let limit: TimeAmount

    var spreadsKeys: Bool { servers.spreadsKeys }

    func start() { servers.start() }

    func close() { servers.close() }

    func send(_ command: RedisCommand, tag: HashTag, _ completion: @escaping RedisCompletion) {
        let answer = FirstAnswer(completion)
        let givingUp = group.any().scheduleTask(in: limit) { [limit] in
            answer.tell(.failure(Fault(.unavailable, attempt: "ask Redis for a hint", reason: "no answer in \(limit)")))
        }
        servers.send(command, tag: tag) { result in
            givingUp.cancel()
            answer.tell(result)
        }
    }

    func subscriptionAddress() async throws(Fault) -> RedisAddress { try await servers.subscriptionAddress() }

    func check() async throws(Fault) { try await servers.check() }
}

/// Tells the first of several answers.
private final class FirstAnswer: Sendable {
    private let completion: Mutex<RedisCompletion?>

    init(_ completion: @escaping RedisCompletion) {
        self.completion = Mutex(completion)
    }

    func tell(_ result: RedisResult) {
        let completion = completion.withLock { completion in
            defer { completion = nil }
            return completion
        }
        completion?(result)
    }
}
