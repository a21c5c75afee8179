internal import Domain
public import Logging
internal import Metrics
public import Ports
public import ServiceLifecycle
internal import Synchronization

/// Brings deliveries to their endpoints: those about one subject in order, several at once, until they are taken or have
/// failed for three days.
///
/// One process does it, under a lease. Each endpoint that has something due gets a run of its own, so that a slow one
/// holds up no other; what came of a try is saved before anything later about the same subject is sent.
public final class WebhookSender: Service {
    /// Endpoints that are sent to at once.
    private static let runsMax = 16
    private static let leaseSeconds = 15
    /// How long it sleeps at most when nobody wakes it.
    private static let intervalMs = 500
    /// How long an endpoint waits after what came of its tries could not be saved.
    private static let pauseSeconds = 5
    private static let forgetIntervalSeconds = 60
    private static let forgetSize = 500
    /// How many times in one go old deliveries are forgotten: what is left is for the next minute.
    private static let forgetRoundsMax = 100

    private let store: any WebhookStore
    private let transport: any WebhookTransport
    private let leases: any Leases
    private let clock: any WallClock
    private let ids: IDMint
    private let nudge: WakeUp
    private let logger: Logger
    private let runs = Mutex(Runs())

    private struct Runs {
        var running: Set<WebhookID> = []
        /// Where the last look at what is due ended: endpoints take turns.
        var last: WebhookID?
    }

    /// - Parameter nudge: The one that is woken when there is something to send.
    public init(
        store: any WebhookStore, transport: any WebhookTransport, leases: any Leases, clock: any WallClock, ids: IDMint,
        nudge: WakeUp, logger: Logger
    ) {
        self.store = store
        self.transport = transport
        self.leases = leases
        self.clock = clock
        self.ids = ids
        self.nudge = nudge
        self.logger = logger
    }

    /// Runs until the graceful shutdown; what is under way then is finished and saved.
    public func run() async throws {
        let stop = Stop()
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await withDiscardingTaskGroup { group in await runUntilStopped(stop, in: &group) }
            } onGracefulShutdown: {
                self.end(stop)
            }
        } onCancel: {
            self.end(stop)
        }
        await transport.close()
    }

    private func end(_ stop: Stop) {
        stop.set()
        nudge.wake()
    }

    private func runUntilStopped(_ stop: Stop, in group: inout DiscardingTaskGroup) async {
        var forgetAt = clock.now()
        var lost: Stop?
        while !stop.isSet {
            let now = clock.now()
            if await leases.hold("webhooks", until: now.adding(seconds: Self.leaseSeconds), now: now) {
                let lease = lost ?? Stop()
                lost = lease
                do throws(Fault) {
                    try await start(at: now, in: &group) { stop.isSet || lease.isSet }
                    if now >= forgetAt {
                        try await forget()
                        forgetAt = now.adding(seconds: Self.forgetIntervalSeconds)
                    }
                } catch {
                    logger.warning("webhooks cannot be sent now, trying again", metadata: ["fault": "\(error)"])
                }
            } else {
                lost?.set()
                lost = nil
            }
            await nudge.sleep(limitMs: Self.intervalMs)
        }
    }

    /// Starts a run for each endpoint that has something due and none yet.
    private func start(
        at now: Timestamp, in group: inout DiscardingTaskGroup, unless isOver: @escaping @Sendable () -> Bool
    ) async throws(Fault) {
        let (running, last) = runs.withLock { ($0.running, $0.last) }
        guard running.count < Self.runsMax else { return }
        let limit = Self.runsMax * 2
        var due = try await store.dueWebhooks(at: now, after: last, limit: limit)
        if due.count < limit, last != nil { due += try await store.dueWebhooks(at: now, after: nil, limit: limit) }
        for endpoint in due {
            let isStarted = runs.withLock { runs in
                guard runs.running.count < Self.runsMax, runs.running.insert(endpoint.id).inserted else { return false }
                runs.last = endpoint.id
                return true
            }
            guard isStarted else { continue }
            group.addTask { await self.run(endpoint, unless: isOver) }
        }
    }

    private func run(_ endpoint: WebhookEndpoint, unless isOver: @escaping @Sendable () -> Bool) async {
        let run = WebhookRun(endpoint, store: store, transport: transport, clock: clock, ids: ids, logger: logger)
        do throws(Fault) {
            try await run.drain(unless: isOver)
        } catch {
            logger.warning(
                "a webhook's deliveries are tried again, since they could not be saved",
                metadata: ["webhook": "\(endpoint.id)", "fault": "\(error)"])
            // Its place stays taken meanwhile: it is not sent the same again and again.
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(Self.pauseSeconds)) }
        }
        _ = runs.withLock { $0.running.remove(endpoint.id) }
        // There may be more for it, or another may have waited for its place.
        if !isOver() { nudge.wake() }
    }

    private func forget() async throws(Fault) {
        let (age, size) = (WebhookDelivery.keptSeconds, Self.forgetSize)
        for _ in 0..<Self.forgetRoundsMax {
            guard try await store.forgetDeliveries(olderThanSeconds: age, limit: size) == size else { return }
        }
    }
}

/// Says once that something is to end.
private final class Stop: Sendable {
    private let value = Atomic(false)

    var isSet: Bool { value.load(ordering: .acquiring) }

    func set() { value.store(true, ordering: .releasing) }
}
