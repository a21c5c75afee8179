internal import Domain
public import Logging
internal import Metrics
public import Ports
public import ServiceLifecycle

/// Brings committed events from the outbox to the event log, at least once and in order per subject.
public final class OutboxRelay: Service {
    private static let batchSize = 1_000
    /// How long it sleeps at most when nobody wakes it.
    private static let intervalMs = 500

    private let store: any Outbox
    private let log: any EventLog
    private let leases: any Leases
    private let clock: any WallClock
    private let nudge: WakeUp
    private let logger: Logger
    private let delivered = Counter(label: "jari_events_delivered_total")

    /// - Parameter nudge: The one that the engine wakes after a commit.
    public init(
        store: any Outbox, log: any EventLog, leases: any Leases, clock: any WallClock, nudge: WakeUp, logger: Logger
    ) {
        self.store = store
        self.log = log
        self.leases = leases
        self.clock = clock
        self.nudge = nudge
        self.logger = logger
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let now = self.clock.now()
                var isBehind = false
                if await self.leases.hold("relay", until: now.adding(seconds: 5), now: now) {
                    do throws(Fault) {
                        isBehind = try await self.relay()
                    } catch {
                        self.logger.warning("the relay failed, trying again", metadata: ["fault": "\(error)"])
                    }
                }
                // Under load a full batch is worth waiting a moment for: it costs the writer less than many small ones.
                if isBehind {
                    await Task.yield()
                } else {
                    await self.nudge.sleep(limitMs: Self.intervalMs)
                    try? await Task.sleep(for: .milliseconds(50))
                }
            }
        }
    }

    /// Delivers one batch. True when there may be more.
    func relay() async throws(Fault) -> Bool {
        let events = try await store.undelivered(limit: Self.batchSize)
        guard !events.isEmpty else { return false }
        try await log.append(events)
        try await store.markDelivered(events.map(\.id))
        delivered.increment(by: events.count)
        return events.count == Self.batchSize
    }
}
