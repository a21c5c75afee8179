internal import Domain
public import Logging
internal import Metrics
public import Ports
public import ServiceLifecycle
internal import Synchronization

/// Brings committed events from the outbox to the event log, at least once and in order per subject.
public final class OutboxRelay: Service {
    private static let batchSize = 10_000
    private static let leaseSeconds = 5
    /// How long it sleeps at most when nobody wakes it.
    private static let intervalMs = 500
    /// How long it lets events gather. Under load many at once cost the writer less than a few at a time.
    private static let gatherMs = 200
    /// An event that waits for longer is not on its way.
    private static let patienceSeconds: Int64 = 15

    private let store: any Outbox
    private let log: any EventLog
    private let leases: any Leases
    private let clock: any WallClock
    private let nudge: WakeUp
    private let logger: Logger
    private let lastFault = Mutex<Fault?>(nil)
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
                if await self.isOurs() {
                    do throws(Fault) {
                        try await self.relay()
                        self.lastFault.withLock { $0 = nil }
                    } catch {
                        self.lastFault.withLock { $0 = error }
                        self.logger.warning("the relay failed, trying again", metadata: ["fault": "\(error)"])
                    }
                } else {
                    self.lastFault.withLock { $0 = nil }
                }
                await self.nudge.sleep(limitMs: Self.intervalMs)
                try? await Task.sleep(for: .milliseconds(Self.gatherMs))
            }
        }
    }

    /// Throws what keeps this process from delivering events, and where another delivers, that they wait too long.
    public func check() async throws(Fault) {
        if let fault = lastFault.withLock({ $0 }) { throw fault }
        guard let oldest = try await store.undelivered(limit: 1).first else { return }
        let seconds = clock.now().milliseconds(since: oldest.at) / 1000
        guard seconds >= Self.patienceSeconds else { return }
        throw Fault(.unavailable, attempt: "deliver events", reason: "the oldest has waited for \(seconds) seconds")
    }

    /// Whether delivering is this process's, for the next seconds. A batch that takes longer may be delivered by another
    /// as well, which costs doubles and no order.
    private func isOurs() async -> Bool {
        let now = clock.now()
        return await leases.hold("relay", until: now.adding(seconds: Self.leaseSeconds), now: now)
    }

    /// Delivers all that is there, a batch at a time, for as long as it is this process's to do.
    func relay() async throws(Fault) {
        repeat {
            let events = try await store.undelivered(limit: Self.batchSize)
            guard !events.isEmpty else { return }
            try await log.append(events)
            try await store.markDelivered(events.map(\.id))
            delivered.increment(by: events.count)
            if events.count < Self.batchSize { return }
        } while await isOurs()
    }
}
