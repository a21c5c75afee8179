public import Ports
internal import Synchronization

/// Seat news over Redis' pub/sub. Each sender numbers its messages, and tells the last number every second, so that
/// those who missed something learn of it.
public final class RedisSeatNews: SeatNews {
    private static let bufferedMax = 8_192
    /// Signs of our own in which every other process must have been heard.
    private static let signsUntilSilent = 3

    private struct Hearing {
        var ledger: NewsLedger
        var listener: AsyncStream<SeatArrival>.Continuation?
        /// Something did not fit into the listener's buffer, and the listener has not been told yet.
        var owesMissed = false
        var signCount = 0
    }

    private let servers: any RedisServers
    private let channel: [UInt8]
    private let sender: Int64
    private let sequence = Mutex<Int64>(0)
    private let hearing: Mutex<Hearing>

    init(servers: any RedisServers, channel: [UInt8], sender: Int64) {
        self.servers = servers
        self.channel = channel
        self.sender = sender
        hearing = Mutex(Hearing(ledger: NewsLedger(own: sender)))
    }

    /// News of many seats go as several messages. All that is sent in one turn of the event loop goes in one write.
    public func send(_ news: SeatArrival) {
        guard case .changed(let date, let updates) = news, updates.count > Wire.seatCountMax else {
            return publish(.news(news))
        }
        for first in stride(from: 0, to: updates.count, by: Wire.seatCountMax) {
            let part = updates[first..<min(first + Wire.seatCountMax, updates.count)]
            publish(.news(.changed(date, Array(part))))
        }
    }

    /// Only the newest listener hears.
    public func arrivals() -> AsyncStream<SeatArrival> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: SeatArrival.self, bufferingPolicy: .bufferingOldest(Self.bufferedMax))
        let before = hearing.withLock { hearing in
            defer { hearing.listener = continuation }
            return hearing.listener
        }
        before?.finish()
        return stream
    }

    /// Tells the others how many messages they should have heard of, if any.
    func sign() {
        publish(.sign)
        hearing.withLock { hearing in
            hearing.signCount += 1
            if hearing.signCount.isMultiple(of: Self.signsUntilSilent), hearing.ledger.hasLostSender() {
                Self.tell(.missed, &hearing)
            }
            Self.settle(&hearing)
        }
    }

    private func publish(_ content: NewsMessage.Content) {
        // Under the lock, so that messages go out in the order of their numbers. What cannot be sent leaves a gap.
        sequence.withLock { sequence in
            if case .news = content { sequence += 1 }
            let message = NewsMessage(sender: sender, sequence: sequence, content: content)
            let command = RedisCommand([.text("PUBLISH"), .bytes(channel), .bytes(message.bytes)])
            servers.send(command, tag: HashTag(channel)) { _ in }
        }
    }

    // MARK: - Hearing

    func heard(_ payload: [UInt8]) {
        guard let message = NewsMessage(payload) else { return }
        hearing.withLock { hearing in
            for arrival in hearing.ledger.arrivals(of: message) { Self.tell(arrival, &hearing) }
        }
    }

    /// The subscription is new: what was said before did not reach us.
    func subscribed() {
        hearing.withLock { hearing in
            hearing.ledger.restart()
            Self.tell(.missed, &hearing)
        }
    }

    private static func tell(_ arrival: SeatArrival, _ hearing: inout Hearing) {
        settle(&hearing)
        guard !hearing.owesMissed, let listener = hearing.listener else {
            hearing.owesMissed = true
            return
        }
        if case .dropped = listener.yield(arrival) { hearing.owesMissed = true }
    }

    private static func settle(_ hearing: inout Hearing) {
        guard hearing.owesMissed, let listener = hearing.listener else { return }
        if case .enqueued = listener.yield(.missed) { hearing.owesMissed = false }
    }
}
