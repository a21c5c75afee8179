internal import Domain
public import Logging
public import Ports
public import ServiceLifecycle
internal import Synchronization

/// Brings deliveries to their endpoints: those about one subject in order, several at once, until they are taken or have
/// failed for three days.
///
/// One process does it, under a lease. Each endpoint that has something due gets a run of its own, so that a slow one
/// holds up no other; what came of a try is saved before anything later about the same subject is sent.
public final class WebhookSender: Service {
    /// For how long an endpoint is sent to before it is the turn of others.
    private static let runMs = 15_000
    private static let leaseSeconds = 15
    /// How long it sleeps at most when nobody wakes it.
    private static let intervalMs = 500
    /// How long an endpoint waits after what came of its tries could not be saved.
    private static let pauseSeconds = 5
    private static let forgetIntervalSeconds = 60
    private static let forgetSize = 500
    /// How many times in one go old deliveries are forgotten: what is left is for the next minute.
    private static let forgetRoundsMax = 100
    /// How often it is looked whether owners are still of the staff, and how many endpoints are switched off in one go.
    private static let ownersIntervalSeconds = 2
    private static let ownersSize = 100

    private let store: any WebhookStore
    private let transport: any WebhookTransport
    private let leases: any Leases
    private let clock: any WallClock
    private let ids: IDMint
    private let nudge: WakeUp
    private let logger: Logger
    private let runMs: Int
    private let places = Mutex(WebhookPlaces())

    /// - Parameter nudge: The one that is woken when there is something to send.
    public convenience init(
        store: any WebhookStore, transport: any WebhookTransport, leases: any Leases, clock: any WallClock, ids: IDMint,
        nudge: WakeUp, logger: Logger
    ) {
        self.init(
            store: store, transport: transport, leases: leases, clock: clock, ids: ids, nudge: nudge, runMs: Self.runMs,
            logger: logger)
    }

    init(
        store: any WebhookStore, transport: any WebhookTransport, leases: any Leases, clock: any WallClock, ids: IDMint,
        nudge: WakeUp, runMs: Int, logger: Logger
    ) {
        self.store = store
        self.transport = transport
        self.leases = leases
        self.clock = clock
        self.ids = ids
        self.nudge = nudge
        self.runMs = runMs
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
        var ownersAt = ContinuousClock.now
        var lost: Stop?
        while !stop.isSet {
            let now = clock.now()
            if await leases.hold("webhooks", until: now.adding(seconds: Self.leaseSeconds), now: now) {
                let lease = lost ?? Stop()
                lost = lease
                do throws(Fault) {
                    try await start(in: &group) { stop.isSet || lease.isSet }
                    if now >= forgetAt {
                        try await forget()
                        forgetAt = now.adding(seconds: Self.forgetIntervalSeconds)
                    }
                } catch {
                    logger.warning("webhooks cannot be sent now, trying again", metadata: ["fault": "\(error)"])
                }
                if ContinuousClock.now >= ownersAt {
                    await switchOffOfFormerStaff()
                    ownersAt = ContinuousClock.now + .seconds(Self.ownersIntervalSeconds)
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
        in group: inout DiscardingTaskGroup, unless isOver: @escaping @Sendable () -> Bool
    ) async throws(Fault) {
        for areFailing in [false, true] {
            let (hasRoom, last) = places.withLock {
                ($0.hasRoom(areFailing: areFailing), $0.last(areFailing: areFailing))
            }
            guard hasRoom else { continue }
            let limit = WebhookPlaces.countMax * 2
            var due = try await store.dueWebhooks(areFailing: areFailing, after: last, limit: limit)
            if due.count < limit, last != nil {
                due += try await store.dueWebhooks(areFailing: areFailing, after: nil, limit: limit)
            }
            for endpoint in due where places.withLock({ $0.enter(endpoint.id, isFailing: areFailing) }) {
                group.addTask { await self.run(endpoint.id, isForFailing: areFailing, unless: isOver) }
            }
        }
    }

    private func run(_ id: WebhookID, isForFailing: Bool, unless isOver: @escaping @Sendable () -> Bool) async {
        let run = WebhookRun(
            endpointID: id, isForFailing: isForFailing, store: store, transport: transport, clock: clock, ids: ids,
            logger: logger)
        do throws(Fault) {
            try await run.drain(limitMs: runMs, unless: isOver)
        } catch {
            logger.warning(
                "a webhook's deliveries are tried again, since they could not be saved",
                metadata: ["webhook": "\(id)", "fault": "\(error)"])
            // Its place stays taken meanwhile: it is not sent the same again and again.
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(Self.pauseSeconds)) }
        }
        places.withLock { $0.leave(id) }
        // There may be more for it, or another may have waited for its place.
        if !isOver() { nudge.wake() }
    }

    /// Whoever is of the staff no more is told nothing more. Their endpoints are told nothing from the moment on at which
    /// the role changed; here it is written down.
    private func switchOffOfFormerStaff() async {
        do throws(Fault) {
            try await switchOffSome()
        } catch {
            // It holds up nothing that is sent.
            logger.warning("webhooks of former staff are not switched off yet", metadata: ["fault": "\(error)"])
        }
    }

    private func switchOffSome() async throws(Fault) {
        for endpoint in try await store.webhooksOfFormerStaff(limit: Self.ownersSize) {
            let reason = "its owner is no longer staff"
            let action: ID<StaffAction> = ids.next(at: clock.now())
            let after = try await store.change(endpoint.id) { before, now in
                before.isEnabled ? before.switchedOff(because: reason, action: action, at: now) : nil
            }
            guard after?.disabledReason == reason else { continue }
            logger.warning(
                "a webhook was switched off", metadata: ["webhook": "\(endpoint.id)", "reason": "\(reason)"])
        }
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
