internal import Ports

/// What has been heard of each sender, to see what was not.
struct NewsLedger {
    private static let senderCountMax = 4_096

    private let own: Int64
    private var heard: [Int64: Int64] = [:]
    /// Senders that have been heard since the last count of those who fell silent.
    private var isAlive: Set<Int64> = []

    /// - Parameter own: The sender whose messages are passed by.
    init(own: Int64) {
        self.own = own
    }

    /// All that was said before is lost, and known to be.
    mutating func restart() {
        heard.removeAll()
        isAlive.removeAll()
    }

    /// To be asked now and then, less often than senders give a sign. True when one has fallen silent: it may have
    /// died between a commit and telling of it, so what it would have said last is missed.
    mutating func hasLostSender() -> Bool {
        let silent = heard.keys.filter { !isAlive.contains($0) }
        for sender in silent { heard[sender] = nil }
        isAlive.removeAll()
        return !silent.isEmpty
    }

    /// What a message means: its news, after word of a gap if there is one.
    ///
    /// A sender that is heard for the first time with another number than 1 may have said something that did not
    /// reach us.
    mutating func arrivals(of message: NewsMessage) -> [SeatArrival] {
        guard message.sender != own else { return [] }
        if heard.count >= Self.senderCountMax, heard[message.sender] == nil { heard.removeAll() }
        isAlive.insert(message.sender)
        let last = heard[message.sender] ?? 0
        switch message.content {
        case .sign:
            guard message.sequence != last || heard[message.sender] == nil else { return [] }
            heard[message.sender] = message.sequence
            return message.sequence == last ? [] : [.missed]
        case .news(let news):
            heard[message.sender] = message.sequence
            return message.sequence == last + 1 ? [news] : [.missed, news]
        }
    }
}
