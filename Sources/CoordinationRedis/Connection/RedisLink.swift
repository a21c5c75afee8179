internal import Logging
internal import NIOCore
internal import Ports
internal import Synchronization

/// What becomes of a command: the server's reply, which may be an error, or that it could not be asked.
typealias RedisResult = Result<RedisReply, Fault>
typealias RedisCompletion = @Sendable (RedisResult) -> Void

/// A connection to one server that is made again whenever it is lost.
///
/// Calls may come from anywhere. All that come in one turn of the event loop go out in one write. It closes when nobody
/// refers to it any more.
final class RedisLink: Sendable {
    private static let checkEvery = TimeAmount.milliseconds(100)

    private struct State {
        var link = LinkState<RedisCompletion>()
        var channel: (any Channel)?
        /// Counts attempts, so that word of an earlier connection is not taken for one of this.
        var attempt = 0
        var checking: RepeatedTask?
        var isStarted = false
    }

    private let dialling: Dialling
    private let greeting: Greeting
    private let resolve: @Sendable () async throws(Fault) -> RedisAddress
    private let timeOut: TimeAmount
    private let logger: Logger
    private let state = Mutex(State())

    /// - Parameters:
    ///   - timeOutMs: What a call may take.
    ///   - resolve: Where the server is, asked before each attempt to connect.
    init(
        dialling: Dialling, greeting: Greeting, timeOutMs: Int, logger: Logger,
        resolve: @escaping @Sendable () async throws(Fault) -> RedisAddress
    ) {
        self.dialling = dialling
        self.greeting = greeting
        self.resolve = resolve
        self.timeOut = .milliseconds(Int64(timeOutMs))
        self.logger = logger
    }

    deinit { state.withLock { $0.channel }?.close(promise: nil) }

    /// Connects. Not an error when it has been started.
    func start() {
        let isFirst = state.withLock { state in
            defer { state.isStarted = true }
            return !state.isStarted
        }
        guard isFirst else { return }
        let checking = dialling.loop.scheduleRepeatedTask(
            initialDelay: Self.checkEvery, delay: Self.checkEvery
        ) { [weak self] task in
            if let self { self.check() } else { task.cancel() }
        }
        state.withLock { $0.checking = checking }
        connect()
    }

    /// Sends a command. The completion is told on the event loop, or at once when it cannot be sent.
    ///
    /// - Parameter isAsking: The slot is on its way to this server, which answers only when told that we know.
    func send(_ command: RedisCommand, isAsking: Bool = false, _ completion: @escaping RedisCompletion) {
        let deadline = NIODeadline.now() + timeOut
        let (asking, submission) = state.withLock { state in
            // Under one lock, so that no other command comes between the two.
            let asking = isAsking ? state.link.submit(RedisCommand("ASKING"), { _ in }, deadline: deadline) : nil
            return (asking, state.link.submit(command, completion, deadline: deadline))
        }
        // Whichever of the two was the first of this turn asks for the flush.
        if asking == .flushSoon || submission == .flushSoon { dialling.loop.execute { self.flush() } }
        if submission == .rejected { completion(.failure(Self.away("it is not connected"))) }
    }

    func send(_ command: RedisCommand) async throws(Fault) -> RedisReply {
        try await withCheckedContinuation { continuation in
            send(command) { continuation.resume(returning: $0) }
        }.get()
    }

    /// Drops the connection, so that the server is looked for again.
    func reconnect(because reason: String) {
        let (attempt, channel) = state.withLock { ($0.attempt, $0.channel) }
        guard let channel else { return }
        channel.close(promise: nil)
        // Not when the channel is closed: with TLS that takes a while, and calls must not wait for it.
        lost(attempt, because: reason)
    }

    func close() {
        let (failed, channel, checking) = state.withLock { state in
            (state.link.close(), state.channel, state.checking)
        }
        checking?.cancel()
        channel?.close(promise: nil)
        fail(failed, because: "it was closed")
    }

    // MARK: - Connecting

    private func connect() {
        let attempt = state.withLock { state in
            state.attempt += 1
            return state.attempt
        }
        Task {
            do throws(Fault) {
                self.dial(try await self.resolve(), attempt)
            } catch {
                self.lost(attempt, because: error.reason)
            }
        }
    }

    private func dial(_ address: RedisAddress, _ attempt: Int) {
        dialling.channel(
            to: address, received: { [weak self] in self?.received($0, attempt) },
            ended: { [weak self] in self?.lost(attempt, because: $0) }
        ).whenComplete { result in
            switch result {
            case .success(let channel): self.opened(channel, attempt)
            case .failure(let error): self.lost(attempt, because: "\(address): \(error)")
            }
        }
    }

    private func opened(_ channel: any Channel, _ attempt: Int) {
        let bytes = state.withLock { state -> ByteBuffer? in
            guard state.attempt == attempt, let bytes = state.link.opened(greeting: greeting.commands) else {
                return nil
            }
            state.channel = channel
            return bytes
        }
        guard let bytes else { return channel.close(promise: nil) }
        channel.writeAndFlush(bytes, promise: nil)
        dialling.loop.scheduleTask(in: timeOut) { [weak self] in
            guard let self else { return }
            let isLate = self.state.withLock { $0.attempt == attempt && !$0.link.isUp }
            if isLate { self.reconnect(because: "it did not answer the greeting in time") }
        }
    }

    private func greeted(_ replies: [RedisReply], _ attempt: Int) {
        do throws(Greeting.Refused) {
            let home = try greeting.check(replies)
            let flushes = state.withLock { $0.link.welcome(home: home, now: .now()) }
            if flushes { flush() }
        } catch {
            logger.warning("Redis cannot be used", metadata: ["reason": "\(error.reason)"])
            reconnect(because: error.reason)
        }
    }

    private func lost(_ attempt: Int, because reason: String) {
        let loss = state.withLock { state -> LinkState<RedisCompletion>.Loss? in
            guard state.attempt == attempt else { return nil }
            state.attempt += 1
            state.channel = nil
            return state.link.lost(now: .now(), chance: .random(in: 0...1))
        }
        guard let loss else { return }
        fail(loss.failed, because: reason)
        guard let afterMs = loss.connectAfterMs else { return }
        logger.debug("Redis is away", metadata: ["reason": "\(reason)"])
        guard afterMs > 0 else { return connect() }
        dialling.loop.scheduleTask(in: .milliseconds(Int64(afterMs))) { [weak self] in
            if let self, self.state.withLock({ $0.link.rested() }) { self.connect() }
        }
    }

    // MARK: - Calls

    private func flush() {
        let (bytes, channel) = state.withLock { ($0.link.takeOutgoing(), $0.channel) }
        guard let bytes, let channel else { return }
        channel.writeAndFlush(bytes, promise: nil)
    }

    private func received(_ replies: [RedisReply], _ attempt: Int) {
        for reply in replies {
            let receipt = state.withLock { $0.attempt == attempt ? $0.link.received(reply) : nil }
            switch receipt {
            case nil, .moreToGreet: break
            case .answer(let completion):
                completion(.success(reply))
                // A primary that has become a replica: the next attempt looks for the new one.
                if reply.errorText?.hasPrefix("READONLY") == true { reconnect(because: "it is no primary any more") }
            case .greeted(let replies): greeted(replies, attempt)
            case .unexpected:
                logger.error("Redis has sent a reply that nobody asked for")
                reconnect(because: "it has sent a reply that nobody asked for")
            }
        }
    }

    private func check() {
        let overdue = state.withLock { $0.link.overdue(now: .now()) }
        fail(overdue.failed, because: "it did not connect in time")
        if overdue.dropsConnection { reconnect(because: "it did not answer in time") }
    }

    private func fail(_ completions: [RedisCompletion], because reason: String) {
        guard !completions.isEmpty else { return }
        let fault = Self.away(reason)
        for completion in completions { completion(.failure(fault)) }
    }

    private static func away(_ reason: String) -> Fault {
        Fault(.unavailable, attempt: "ask Redis", reason: reason)
    }
}
