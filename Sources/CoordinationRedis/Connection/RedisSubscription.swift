internal import Logging
internal import NIOCore
internal import Ports
internal import Synchronization

/// A connection that hears what is published on some channels, and is made again whenever it is lost.
///
/// It asks for a sign of life every second, so that a server that has vanished without a word is noticed.
final class RedisSubscription: Sendable {
    enum Event: Sendable {
        /// It hears from now on. What was published before is lost.
        case subscribed
        case message(channel: [UInt8], payload: [UInt8])
    }

    private static let pingEvery = TimeAmount.seconds(1)
    private static let silenceMax = TimeAmount.seconds(3)
    private static let pauseMaxMs: Int64 = 1_000

    private struct State {
        var channel: (any Channel)?
        var attempt = 0
        var failureCount = 0
        var awaited = 0
        var heardAt = NIODeadline.now()
        var pinging: RepeatedTask?
        var isClosed = false
    }

    private let dialling: Dialling
    private let greeting: [RedisCommand]
    private let channelCount: Int
    private let logger: Logger
    private let find: @Sendable () async throws(Fault) -> RedisAddress
    private let heard: @Sendable (Event) -> Void
    private let state = Mutex(State())

    /// - Parameter heard: Told on one event loop, in order.
    init(
        _ dial: RedisDial, channels: [[UInt8]], find: @escaping @Sendable () async throws(Fault) -> RedisAddress,
        heard: @escaping @Sendable (Event) -> Void
    ) {
        dialling = dial.dialling()
        greeting =
            Greeting(url: dial.url, for: .anyNode).commands
            + [RedisCommand([.text("SUBSCRIBE")] + channels.map { .bytes($0) })]
        channelCount = channels.count
        logger = dial.logger
        self.find = find
        self.heard = heard
    }

    deinit { state.withLock { $0.channel }?.close(promise: nil) }

    func start() {
        let pinging = dialling.loop.scheduleRepeatedTask(initialDelay: Self.pingEvery, delay: Self.pingEvery) {
            [weak self] task in
            if let self { self.ping() } else { task.cancel() }
        }
        state.withLock { $0.pinging = pinging }
        connect()
    }

    func close() {
        let (channel, pinging) = state.withLock { state in
            state.isClosed = true
            return (state.channel, state.pinging)
        }
        pinging?.cancel()
        channel?.close(promise: nil)
    }

    // MARK: - Connecting

    private func connect() {
        let attempt = state.withLock { state -> Int? in
            guard !state.isClosed else { return nil }
            state.attempt += 1
            return state.attempt
        }
        guard let attempt else { return }
        Task {
            do throws(Fault) {
                let address = try await self.find()
                self.dialling.channel(
                    to: address, received: { [weak self] in self?.received($0, attempt) },
                    ended: { [weak self] in self?.lost(attempt, because: $0) }
                ).whenComplete { result in
                    switch result {
                    case .success(let channel): self.opened(channel, attempt)
                    case .failure(let error): self.lost(attempt, because: "\(address): \(error)")
                    }
                }
            } catch {
                self.lost(attempt, because: error.reason)
            }
        }
    }

    private func opened(_ channel: any Channel, _ attempt: Int) {
        let isWanted = state.withLock { state in
            guard state.attempt == attempt, !state.isClosed else { return false }
            state.channel = channel
            // One reply for each command, and one for each channel.
            state.awaited = greeting.count - 1 + channelCount
            state.heardAt = .now()
            return true
        }
        guard isWanted else { return channel.close(promise: nil) }
        write(greeting, to: channel)
    }

    private func lost(_ attempt: Int, because reason: String) {
        let pauseMs = state.withLock { state -> Int64? in
            guard state.attempt == attempt, !state.isClosed else { return nil }
            state.attempt += 1
            state.channel = nil
            defer { state.failureCount += 1 }
            return min(20 << Int64(min(state.failureCount, 10)), Self.pauseMaxMs)
        }
        guard let pauseMs else { return }
        logger.debug("the subscription to Redis is lost", metadata: ["reason": "\(reason)"])
        dialling.loop.scheduleTask(in: .milliseconds(.random(in: pauseMs / 2...pauseMs))) { [weak self] in
            self?.connect()
        }
    }

    private func ping() {
        let (channel, attempt, isSilent) = state.withLock { state in
            (state.channel, state.attempt, NIODeadline.now() - state.heardAt > Self.silenceMax)
        }
        guard let channel else { return }
        if isSilent {
            channel.close(promise: nil)
            lost(attempt, because: "nothing was heard for \(Self.silenceMax.nanoseconds / 1_000_000) ms")
        } else {
            write([RedisCommand("PING")], to: channel)
        }
    }

    private func write(_ commands: [RedisCommand], to channel: any Channel) {
        var bytes = ByteBuffer()
        for command in commands { command.write(to: &bytes, home: []) }
        channel.writeAndFlush(bytes, promise: nil)
    }

    // MARK: - Hearing

    private func received(_ replies: [RedisReply], _ attempt: Int) {
        for reply in replies {
            let (isCurrent, isComplete, channel) = state.withLock { state -> (Bool, Bool, (any Channel)?) in
                guard state.attempt == attempt else { return (false, false, nil) }
                state.heardAt = .now()
                guard state.awaited > 0 else { return (true, false, state.channel) }
                state.awaited -= 1
                if state.awaited == 0 { state.failureCount = 0 }
                return (true, state.awaited == 0, state.channel)
            }
            guard isCurrent else { return }
            if let error = reply.errorText {
                logger.warning("Redis does not let us listen", metadata: ["reason": "\(error)"])
                channel?.close(promise: nil)
                return lost(attempt, because: error)
            }
            if isComplete { heard(.subscribed) }
            if let parts = reply.array, parts.count == 3, parts[0].text == "message", let channel = parts[1].bytes,
                let payload = parts[2].bytes
            {
                heard(.message(channel: channel, payload: payload))
            }
        }
    }
}
