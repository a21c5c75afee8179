internal import Domain
internal import Logging
internal import Metrics
internal import Ports
internal import Synchronization

/// Sends what is due to one endpoint until nothing is, or it has had its turn.
struct WebhookRun {
    /// Deliveries that are under way at once to an endpoint that works, and to one that has taken nothing of late.
    private static let inFlightMax = 8
    private static let inFlightMaxWhileFailing = 1
    /// Until then a try, of ten seconds at most, has come to its end and is saved: a process that was killed leaves it to
    /// others after that. It is begun as soon as it is taken.
    private static let takenSeconds = 30
    /// After so many it is the turn of others, or after its time, whichever is first.
    private static let triesMax = 512

    let endpointID: WebhookID
    /// Whether it was failing when it was begun: it has the place of one that is.
    let isForFailing: Bool
    let store: any WebhookStore
    let transport: any WebhookTransport
    /// Only tells how much time passes: what time it is says the store.
    let clock: any WallClock
    let ids: IDMint
    let logger: Logger

    /// - Parameters:
    ///   - limitMs: For how long tries are begun.
    ///   - isOver: Asked before tries: whether no more are to be begun.
    func drain(limitMs: Int, unless isOver: @Sendable () -> Bool) async throws(Fault) {
        let end = ContinuousClock.now + .milliseconds(limitMs)
        let fault = await withTaskGroup(of: Void.self) { group -> Fault? in
            do throws(Fault) {
                try await drain(in: &group) { isOver() || ContinuousClock.now >= end }
                return nil
            } catch {
                // What is under way still comes to its end, and is sent again later.
                await group.waitForAll()
                return error
            }
        }
        if let fault { throw fault }
    }

    private func drain(in group: inout TaskGroup<Void>, unless isOver: () -> Bool) async throws(Fault) {
        let finished = Finished()
        var inFlight = 0
        var tries = 0
        var isFailing = isForFailing
        var fault: Fault?
        while true {
            let places = placeCount(isFailing: isFailing) - inFlight
            if fault == nil, places > 0, tries < Self.triesMax, !isOver() {
                do throws(Fault) {
                    if let taken = try await take(places) {
                        isFailing = taken.endpoint.failingSince != nil
                        inFlight += taken.deliveries.count
                        tries += taken.deliveries.count
                        for delivery in taken.deliveries {
                            group.addTask { finished.add(await attempt(delivery, of: taken)) }
                        }
                    }
                } catch {
                    // What comes of those under way is saved all the same, if it can be.
                    fault = error
                }
            }
            var tried: [Tried] = []
            while tried.isEmpty {
                guard await group.next() != nil else {
                    if let fault { throw fault }
                    return
                }
                // What came of others meanwhile, too: it is saved together.
                tried = finished.remove()
            }
            inFlight -= tried.count
            guard let endpoint = try await record(tried), endpoint.isEnabled else {
                await group.waitForAll()
                let rest = finished.remove()
                if !rest.isEmpty { _ = try await record(rest) }
                return
            }
            isFailing = endpoint.failingSince != nil
        }
    }

    /// One that turns out to be failing leaves its place to one that works, and waits for a place among those that fail.
    private func placeCount(isFailing: Bool) -> Int {
        guard isFailing else { return Self.inFlightMax }
        return isForFailing ? Self.inFlightMaxWhileFailing : 0
    }

    /// The deliveries of one take, and how to tell the store's time from then on.
    private struct Taken {
        let endpoint: WebhookEndpoint
        let deliveries: [WebhookDelivery]
        let at: Timestamp
        let localAt: Timestamp
        let clock: any WallClock

        func now() -> Timestamp { at.adding(milliseconds: clock.now().milliseconds(since: localAt)) }
    }

    private struct Tried {
        let result: WebhookResult
        /// Where it was sent to.
        let url: WebhookURL
    }

    /// No more than can be begun at once: nothing waits while its time runs out. Nil when nothing more is to be sent.
    private func take(_ count: Int) async throws(Fault) -> Taken? {
        let localAt = clock.now()
        let taken = try await store.takeDeliveries(of: endpointID, forSeconds: Self.takenSeconds, limit: count)
        return taken.map {
            Taken(endpoint: $0.endpoint, deliveries: $0.deliveries, at: $0.at, localAt: localAt, clock: clock)
        }
    }

    private func attempt(_ delivery: WebhookDelivery, of taken: Taken) async -> Tried {
        let endpoint = taken.endpoint
        let begun = taken.now()
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
                afterFailure: delivery.failureCount + 1, at: taken.now(), giveUpAt: delivery.giveUpAt,
                spread: ids.fraction())
            next = moment.map { .retry(at: $0) } ?? .givenUp
        }
        Self.count(next)
        return Tried(result: WebhookResult(of: delivery, attempt, next: next, url: endpoint.url), url: endpoint.url)
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
    /// - Returns: The endpoint as it is then. Nil when it is gone.
    private func record(_ tried: [Tried]) async throws(Fault) -> WebhookEndpoint? {
        let action: ID<StaffAction> = ids.next(at: clock.now())
        let isSwitchedOff = Mutex<String?>(nil)
        let id = endpointID
        let after = try await store.record(tried.map(\.result), of: id) { before, now in
            isSwitchedOff.withLock { $0 = nil }
            // What came of an address that it has no more says nothing of the one that it has now.
            let attempts = tried.filter { $0.url == before.url }.map(\.result.attempt)
            guard !attempts.isEmpty else { return nil }
            let isWorking = attempts.contains { $0.isDelivered }
            var after = before
            after.failingSince = isWorking ? nil : before.failingSince ?? now
            if let reason = after.reasonToDisable(isGone: attempts.contains { $0.isGone }, at: now), before.isEnabled {
                isSwitchedOff.withLock { $0 = reason }
                return after.switchedOff(because: reason, action: action, at: now)
            }
            return after == before ? nil : WebhookChange(after, action: nil)
        }
        if let reason = isSwitchedOff.withLock({ $0 }) {
            logger.warning("a webhook was switched off", metadata: ["webhook": "\(id)", "reason": "\(reason)"])
        }
        return after
    }

    /// What came of tries and is not saved yet.
    private final class Finished: Sendable {
        private let tried = Mutex<[Tried]>([])

        func add(_ one: Tried) { tried.withLock { $0.append(one) } }

        func remove() -> [Tried] {
            tried.withLock { tried in
                defer { tried = [] }
                return tried
            }
        }
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

    /// As the program leaves it that has switched it off, in its owner's name.
    func switchedOff(because reason: String, action: ID<StaffAction>, at now: Timestamp) -> WebhookChange {
        var after = self
        after.isEnabled = false
        after.disabledReason = reason
        let action = StaffAction(
            id: action, kind: .webhookDisabled, subjectID: ID(id), staffID: ownerID, reason: reason, at: now)
        return WebhookChange(after, action: action)
    }
}
