internal import Domain
public import Logging
public import Ports
public import ServiceLifecycle

/// Tidies up holds whose deadline has passed: frees the seats on the maps and announces it. No rule depends on it,
/// since a hold ends by its deadline alone.
public final class Sweeper: Service {
    /// How soon after its deadline a hold is tidied up.
    private static let intervalMs = 250
    private static let batchSize = 200
    /// Old idempotency records and consumed events are forgotten this many at a time, so that sales need not wait.
    private static let forgetSize = 500
    /// How many times in one go consumed events are: what is left is for the next minute.
    private static let forgetConsumedRoundsMax = 100

    private let engine: Engine
    private let store: any Store
    private let leases: any Leases
    private let clock: any WallClock
    private let logger: Logger

    public init(engine: Engine, store: any Store, leases: any Leases, clock: any WallClock, logger: Logger) {
        self.engine = engine
        self.store = store
        self.leases = leases
        self.clock = clock
        self.logger = logger
    }

    public func run() async throws {
        var forgetAt = clock.now()
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            let now = clock.now()
            if await leases.hold("sweeper", until: now.adding(seconds: 5), now: now) {
                do throws(Fault) {
                    try await sweep()
                    if now >= forgetAt {
                        try await forget()
                        forgetAt = now.adding(seconds: 60)
                    }
                } catch {
                    logger.warning("sweeping failed, trying again", metadata: ["fault": "\(error)"])
                }
            }
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .milliseconds(Self.intervalMs)) }
        }
    }

    private func sweep() async throws(Fault) {
        var before: [ExpireHold] = []
        while !Task.isShuttingDownGracefully {
            let overdue = try await store.overdueHolds(limit: Self.batchSize)
            // The same ones again: the engine does not get to them now.
            if overdue == before { return }
            await engine.submit(internal: overdue.map { .expire($0) })
            if overdue.count < Self.batchSize { return }
            before = overdue
        }
    }

    /// By age, and never by this process's clock: on a host that is a day ahead all of today's records would be old.
    private func forget() async throws(Fault) {
        let (age, size) = (StoredAnswer.keptSeconds, Self.forgetSize)
        while try await store.forgetAnswers(olderThanSeconds: age, limit: size) == size {}
        try await store.forgetSessions(expiredForSeconds: 0)
        for _ in 0..<Self.forgetConsumedRoundsMax {
            let age = ConsumedEvents.keptSeconds
            guard try await store.forgetConsumed(olderThanSeconds: age, limit: size) == size else { return }
        }
    }
}
