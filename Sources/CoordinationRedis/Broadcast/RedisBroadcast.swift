public import Domain
public import Ports

/// Tells the listeners of this process at once, and those of other processes through Redis.
///
/// Notices of seats stay here: each process makes its own, from its own map. When Redis is away the others miss
/// notices, and this process none.
public final class RedisBroadcast: Broadcast {
    private let servers: any RedisServers
    private let channel: [UInt8]
    private let sender: Int64
    private let listeners: LocalListeners

    init(servers: any RedisServers, channel: [UInt8], sender: Int64, bufferedMax: Int) {
        self.servers = servers
        self.channel = channel
        self.sender = sender
        listeners = LocalListeners(bufferedMax: bufferedMax)
    }

    public func publish(_ notice: Notice, about date: DateID) {
        listeners.tell(notice, about: date)
        guard let bytes = NoticeMessage(sender: sender, date: date, notice: notice).bytes else { return }
        let command = RedisCommand([.text("PUBLISH"), .bytes(channel), .bytes(bytes)])
        // At most once: nobody waits for it, and what is lost is told again within a second, or does not matter.
        servers.send(command, tag: HashTag(channel)) { _ in }
    }

    public func notices(about date: DateID) -> AsyncStream<Notice> {
        listeners.notices(about: date)
    }

    func heard(_ payload: [UInt8]) {
        guard let message = NoticeMessage(payload), message.sender != sender else { return }
        listeners.tell(message.notice, about: message.date)
    }
}
