internal import Domain
internal import Logging
internal import Metrics
internal import Ports

/// Sends what is due to one endpoint until nothing is, or it has had its turn.
struct WebhookRun {
    /// Deliveries that are under way at once to an endpoint that works, and to one that has taken none of the last.
    private static let inFlightMax = 8
    private static let inFlightMaxWhileFailing = 1
    /// What came of so many is saved in one transaction, at the latest.
    private static let recordedMax = 8
    private static let takenMax = 24
    /// Until then a try has come to its end and is saved: a process that was killed leaves it to others after that.
    private static let takenSeconds = 30
    /// After so many it is the turn of others.
    private static let triesMax = 512

    private let endpoint: WebhookEndpoint
    private let store: any WebhookStore
    private let transport: any WebhookTransport
    private let clock: any WallClock
    private let ids: IDMint
    private let logger: Logger

    init(
        _ endpoint: WebhookEndpoint, store: any WebhookStore, transport: any WebhookTransport, clock: any WallClock,
        ids: IDMint, logger: Logger
    ) {
        self.endpoint = endpoint
        self.store = store
        self.transport = transport
        self.clock = clock
        self.ids = ids
        self.logger = logger
    }

    /// - Parameter isOver: Asked before each try: whether no more is to be begun.
    func drain(unless isOver: @Sendable () -> Bool) async throws(Fault) {
        let fault = await withTaskGroup(of: WebhookResult.self) { group -> Fault? in
            do throws(Fault) {
                try await drain(in: &group, unless: isOver)
                return nil
            } catch {
                // What is under way still comes to its end, and is sent again later.
                await group.waitForAll()
                return error
            }
        }
        if let fault { throw fault }
    }

    private func drain(in group: inout TaskGroup<WebhookResult>, unless isOver: () -> Bool) async throws(Fault) {
        var waiting: [WebhookDelivery] = []
        var finished: [WebhookResult] = []
        var inFlight = 0
        var tries = 0
        var isStopped = false
        var isFailing = endpoint.failingSince != nil
        while true {
            isStopped = isStopped || isOver()
            let inFlightMax = isFailing ? Self.inFlightMaxWhileFailing : Self.inFlightMax
            if isStopped {
                // What is taken and not under way is due again when its time is over.
                waiting = []
            } else if waiting.isEmpty, inFlight < inFlightMax, tries < Self.triesMax {
                let now = clock.now()
                waiting = try await store.takeDeliveries(
                    of: endpoint.id, at: now, until: now.adding(seconds: Self.takenSeconds),
                    limit: isFailing ? Self.inFlightMaxWhileFailing : Self.takenMax
                ).reversed()
            }
            while inFlight < inFlightMax, let next = waiting.popLast() {
                inFlight += 1
                tries += 1
                group.addTask { await self.attempt(next) }
            }
            guard let result = await group.next() else { return }
            inFlight -= 1
            finished.append(result)
            guard inFlight == 0 || waiting.isEmpty || finished.count >= Self.recordedMax else { continue }
            if try await record(finished) { isStopped = true }
            isFailing = !finished.contains { $0.attempt.isDelivered }
            finished = []
        }
    }

    private func attempt(_ delivery: WebhookDelivery) async -> WebhookResult {
        let begun = clock.now()
        let message = WebhookMessage(
            url: endpoint.url, id: delivery.eventID, at: begun, payload: delivery.payload,
            secrets: endpoint.secrets.signing(at: begun), failureCount: delivery.failureCount)
        let answer = await transport.send(message)
        let attempt = WebhookAttempt(
            number: delivery.attemptCount + 1, at: begun, durationMs: answer.durationMs, statusCode: answer.statusCode,
            error: answer.error, answer: answer.body)
        let next: WebhookResult.Next
        if attempt.isDelivered {
            next = .delivered
        } else {
            let moment = WebhookSchedule.nextAttempt(
                afterFailure: delivery.failureCount + 1, at: clock.now(), giveUpAt: delivery.giveUpAt,
                spread: ids.fraction())
            next = moment.map { .retry(at: $0) } ?? .givenUp
        }
        Self.count(next)
        return WebhookResult(deliveryID: delivery.id, subjectID: delivery.subjectID, attempt: attempt, next: next)
    }

    private static func count(_ next: WebhookResult.Next) {
        let outcome =
            switch next {
            case .delivered: "delivered"
            case .retry: "retried"
            case .givenUp: "failed"
            }
        Counter(label: "jari_webhook_attempts_total", dimensions: [("outcome", outcome)]).increment()
    }

    /// Saves what came of tries, and what that says of the endpoint.
    ///
    /// - Returns: Whether nothing more is to be sent to it: it was switched off by that, or by staff, or is gone.
    private func record(_ results: [WebhookResult]) async throws(Fault) -> Bool {
        let now = clock.now()
        let isGone = results.contains { $0.attempt.isGone }
        let isWorking = results.contains { $0.attempt.isDelivered }
        let id = endpoint.id
        let action: ID<StaffAction> = ids.next(at: now)
        try await store.record(results, of: id, at: now) { before in
            var after = before
            if isWorking { after.failingSince = nil } else { after.failingSince = before.failingSince ?? now }
            if let reason = after.reasonToDisable(isGone: isGone, at: now), before.isEnabled {
                after.isEnabled = false
                after.disabledReason = reason
                let action = StaffAction(
                    id: action, kind: .webhookDisabled, subjectID: ID(id), staffID: before.ownerID, reason: reason,
                    at: now)
                return WebhookChange(after, action: action)
            }
            return after == before ? nil : WebhookChange(after, action: nil)
        }
        guard let after = try await store.webhook(id) else { return true }
        if let reason = after.disabledReason {
            logger.warning("a webhook was switched off", metadata: ["webhook": "\(id)", "reason": "\(reason)"])
        }
        return !after.isEnabled || after.url != endpoint.url || after.secrets != endpoint.secrets
    }
}

extension WebhookEndpoint {
    /// Why nothing more is to be sent to it, in words for its owner; nil when it may still work.
    fileprivate func reasonToDisable(isGone: Bool, at now: Timestamp) -> String? {
        if isGone { return "it answered 410 Gone" }
        guard let failingSince,
            now.milliseconds(since: failingSince) >= Int64(WebhookSchedule.endpointPatienceSeconds) * 1000
        else { return nil }
        return "nothing could be delivered for three days"
    }
}
