internal import NIOCore

/// What a link to one server knows: whether it is up, which commands wait to be sent, and which wait for a reply.
///
/// Replies come in the order of the commands, so matching them is a queue. `Call` is whatever is told of the reply.
struct LinkState<Call> {
    enum Submission {
        /// Sent with everything else that comes in this turn of the event loop; the first of them asks for a flush.
        case flushSoon
        /// For that flush, or for the very first connection.
        case waiting
        /// The server is away, or too much waits: it was not sent.
        case rejected
    }

    enum Receipt {
        case answer(Call)
        /// All replies to the greeting have come.
        case greeted([RedisReply])
        case moreToGreet
        /// A reply that nobody has asked for.
        case unexpected
    }

    /// What is to be done when a connection is gone or did not come about.
    struct Loss {
        let failed: [Call]
        /// Nil when the link is closed for good.
        let connectAfterMs: Int?
    }

    private enum Phase {
        case connecting
        case greeting(commandCount: Int, replies: [RedisReply])
        case up(since: NIODeadline)
        /// Waits for the next attempt.
        case resting
        case closed
    }

    /// Commands that wait, for a connection or for replies, at the same time.
    static var callCountMax: Int { 20_000 }
    /// A connection that is lost sooner than this counts as one that did not come about.
    private static var steadyAfter: TimeAmount { .seconds(1) }

    private var phase = Phase.connecting
    private var unsent = CircularBuffer<(command: RedisCommand, call: Call, deadline: NIODeadline)>()
    private var sent = CircularBuffer<(call: Call, deadline: NIODeadline)>()
    private var outgoing = ByteBuffer()
    private var isFlushScheduled = false
    private var failureCount = 0
    /// Calls wait for the first connection only: when a server hangs, each of them would wait for as long as it may.
    private var hasLost = false
    /// The `run_id` of the server that the link is connected to.
    private(set) var home: [UInt8] = []

    var isUp: Bool {
        if case .up = phase { true } else { false }
    }

    // MARK: - Calls

    mutating func submit(_ command: RedisCommand, _ call: Call, deadline: NIODeadline) -> Submission {
        switch phase {
        case .connecting, .greeting:
            guard !hasLost, unsent.count < Self.callCountMax else { return .rejected }
            unsent.append((command, call, deadline))
            return .waiting
        case .up:
            guard sent.count < Self.callCountMax else { return .rejected }
            command.write(to: &outgoing, home: home)
            sent.append((call, deadline))
            return scheduleFlush() ? .flushSoon : .waiting
        case .resting, .closed:
            return .rejected
        }
    }

    /// What has gathered since the last flush.
    mutating func takeOutgoing() -> ByteBuffer? {
        isFlushScheduled = false
        guard isUp, outgoing.readableBytes > 0 else { return nil }
        defer { outgoing = ByteBuffer() }
        return outgoing
    }

    mutating func received(_ reply: RedisReply) -> Receipt {
        switch phase {
        case .greeting(let count, var replies):
            replies.append(reply)
            phase = .greeting(commandCount: count, replies: replies)
            return replies.count == count ? .greeted(replies) : .moreToGreet
        case .up:
            return sent.popFirst().map { .answer($0.call) } ?? .unexpected
        case .connecting, .resting, .closed:
            return .unexpected
        }
    }

    private mutating func scheduleFlush() -> Bool {
        defer { isFlushScheduled = true }
        return !isFlushScheduled
    }

    // MARK: - Connections

    /// A connection is open.
    ///
    /// - Returns: The bytes of the greeting.
    mutating func opened(greeting: [RedisCommand]) -> ByteBuffer? {
        guard case .connecting = phase else { return nil }
        phase = .greeting(commandCount: greeting.count, replies: [])
        var bytes = ByteBuffer()
        for command in greeting { command.write(to: &bytes, home: []) }
        return bytes
    }

    /// The server is the one that was looked for.
    ///
    /// - Returns: Whether to flush: calls have waited for this.
    mutating func welcome(home: [UInt8], now: NIODeadline) -> Bool {
        guard case .greeting = phase else { return false }
        phase = .up(since: now)
        self.home = home
        while let (command, call, deadline) = unsent.popFirst() {
            command.write(to: &outgoing, home: home)
            sent.append((call, deadline))
        }
        return outgoing.readableBytes > 0 && scheduleFlush()
    }

    /// The connection is gone, or did not come about.
    ///
    /// One that was up for a while is made again at once. After an attempt that failed the link rests, twice as long each
    /// time, up to a second; half of it is chance, so that not all processes come at once. Until the link is up again all
    /// calls are rejected.
    ///
    /// - Parameter chance: From 0 to 1.
    mutating func lost(now: NIODeadline, chance: Double) -> Loss {
        let failed = unsent.map(\.call) + sent.map(\.call)
        unsent.removeAll()
        sent.removeAll()
        outgoing = ByteBuffer()
        hasLost = true
        switch phase {
        case .closed, .resting:
            return Loss(failed: failed, connectAfterMs: nil)
        case .up(let since) where now - since >= Self.steadyAfter:
            failureCount = 0
            phase = .connecting
            return Loss(failed: failed, connectAfterMs: 0)
        case .up, .connecting, .greeting:
            phase = .resting
            let pauseMs = min(50 << min(failureCount, 10), 1_000)
            failureCount += 1
            return Loss(failed: failed, connectAfterMs: pauseMs / 2 + Int(Double(pauseMs / 2) * chance))
        }
    }

    /// The pause is over.
    ///
    /// - Returns: Whether to connect.
    mutating func rested() -> Bool {
        guard case .resting = phase else { return false }
        phase = .connecting
        return true
    }

    /// Those who have waited too long for a connection. The reply to a command that was sent cannot be given up alone,
    /// since the next reply would be taken for it: then the connection is to be dropped.
    mutating func overdue(now: NIODeadline) -> (failed: [Call], dropsConnection: Bool) {
        var failed: [Call] = []
        while let first = unsent.first, first.deadline <= now {
            failed.append(first.call)
            unsent.removeFirst()
        }
        return (failed, sent.first.map { $0.deadline <= now } ?? false)
    }

    mutating func close() -> [Call] {
        let failed = unsent.map(\.call) + sent.map(\.call)
        phase = .closed
        unsent.removeAll()
        sent.removeAll()
        outgoing = ByteBuffer()
        return failed
    }
}
