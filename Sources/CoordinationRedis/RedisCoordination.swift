internal import Domain
public import Logging
public import NIOCore
public import NIOPosix
public import Ports
public import ServiceLifecycle

/// All that processes share through one Redis: the waiting rooms, the seat gate, rate limits, leases, the broadcast and
/// seat news. It connects by itself, and again whenever the connection is lost.
public final class RedisCoordination: Service {
    private static let timeOutMs = 1_500
    private static let signEvery = TimeAmount.milliseconds(500)

    public let room: RedisWaitingRoom
    public let gate: RedisSeatGate
    public let limiter: RedisRateLimiter
    public let leases: RedisLeases
    public let broadcast: RedisBroadcast
    public let news: RedisSeatNews

    private let servers: any RedisServers
    private let subscription: RedisSubscription
    private let signing: RepeatedTask

    /// - Parameters:
    ///   - joins: Where places are remembered, for the day on which Redis loses them.
    ///   - prefix: What all keys and channels begin with, so that several installations can share a Redis.
    ///   - clock: Whose time holds in the waiting rooms.
    ///   - hintLimitMs: What seat gate and rate limits may take: they are hints, and a sale goes on without them.
    ///   - noticesBufferedMax: Notices kept for a listener that is slow.
    /// - Throws: When TLS cannot be set up.
    public init(
        url: RedisURL, joins: any QueueJoinStore, prefix: String = "jari", clock: RedisWaitingRoom.Clock = .server,
        hintLimitMs: Int = 100, noticesBufferedMax: Int = 256,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton, logger: Logger
    ) throws {
        let dial = try RedisDial(url: url, group: group, timeOutMs: Self.timeOutMs, logger: logger)
        let servers = dial.servers()
        let sender = Int64.random(in: .min ... .max)
        let (noticeChannel, newsChannel) = (Array("\(prefix):notices".utf8), Array("\(prefix):seats".utf8))
        let broadcast = RedisBroadcast(
            servers: servers, channel: noticeChannel, sender: sender, bufferedMax: noticesBufferedMax)
        let news = RedisSeatNews(servers: servers, channel: newsChannel, sender: sender)
        room = RedisWaitingRoom(servers: servers, joins: joins, prefix: prefix, clock: clock, logger: logger)
        let hints = HintServers(servers: servers, group: group, limit: .milliseconds(Int64(hintLimitMs)))
        gate = RedisSeatGate(servers: hints, prefix: prefix)
        limiter = RedisRateLimiter(servers: hints, prefix: prefix)
        leases = RedisLeases(
            servers: servers, prefix: prefix, holder: (0..<16).map { _ in UInt8.random(in: .min ... .max) })
        self.servers = servers
        self.broadcast = broadcast
        self.news = news
        subscription = RedisSubscription(
            dial, channels: [noticeChannel, newsChannel],
            find: { () throws(Fault) in try await servers.subscriptionAddress() },
            heard: { event in
                switch event {
                case .subscribed: news.subscribed()
                case .message(noticeChannel, let payload): broadcast.heard(payload)
                case .message(newsChannel, let payload): news.heard(payload)
                case .message: break
                }
            })
        signing = group.next().scheduleRepeatedTask(initialDelay: Self.signEvery, delay: Self.signEvery) {
            [weak news] task in
            if let news { news.sign() } else { task.cancel() }
        }
        servers.start()
        subscription.start()
    }

    /// Waits for the shutdown, then closes all connections.
    public func run() async throws {
        try? await gracefulShutdown()
        close()
    }

    /// Asks Redis whether it is there: in a cluster, every primary.
    public func check() async throws(Fault) { try await servers.check() }

    public func close() {
        signing.cancel()
        subscription.close()
        servers.close()
    }
}
