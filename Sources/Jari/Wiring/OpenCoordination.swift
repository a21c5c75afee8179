internal import CoordinationInProcess
internal import CoordinationRedis
internal import Logging
internal import Ports

extension Settings {
    /// - Parameter joins: Where waiting rooms are remembered that live in Redis.
    func openCoordination(joins: (any QueueJoinStore)?, logger: Logger) throws(StartError) -> Coordination {
        switch (coordination, joins) {
        case (.redis(let url), let joins?):
            do {
                let redis = try RedisCoordination(url: url, joins: joins, logger: logger)
                return Coordination(
                    room: redis.room, gate: redis.gate, limiter: redis.limiter, leases: redis.leases,
                    broadcast: redis.broadcast, news: redis.news, services: [redis],
                    check: { () throws(Fault) in try await redis.check() }, whenRoomIsLost: redis.room.whenLost)
            } catch {
                throw StartError("JARI_COORDINATION: \(error).")
            }
        case (.inProcess, _), (.redis, nil):
            return Coordination(
                room: InProcessWaitingRoom(), gate: InProcessSeatGate(), limiter: InProcessRateLimiter(),
                leases: InProcessLeases(), broadcast: InProcessBroadcast(), news: nil, services: [],
                check: nil, whenRoomIsLost: nil)
        }
    }
}
