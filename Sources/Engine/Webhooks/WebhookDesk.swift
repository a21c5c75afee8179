public import Domain
public import Ports
internal import Synchronization

/// What staff say of an endpoint.
public struct WebhookDraft: Hashable, Sendable {
    public var url: WebhookURL
    public var kinds: [String]
    public var concertID: ConcertID?
    public var details: String
    public var isEnabled: Bool

    public init(url: WebhookURL, kinds: [String], concertID: ConcertID?, details: String, isEnabled: Bool) {
        self.url = url
        self.kinds = kinds
        self.concertID = concertID
        self.details = details
        self.isEnabled = isEnabled
    }
}

/// Where staff make webhooks, change them, and have deliveries sent again. An endpoint is its owner's and the
/// administrators'; to all others it is not there.
public final class WebhookDesk: Sendable {
    private let store: any CatalogStore
    private let webhooks: any WebhookStore
    private let clock: any WallClock
    private let ids: IDMint
    private let fanOut: WebhookFanOut
    private let nudge: WakeUp
    /// How many deliveries are brought forward in one transaction, and in how many: sales wait behind each where there is
    /// one writer, and what comes of tries does on PostgreSQL.
    private static let forwardSize = 1_000
    private static let forwardRoundsMax = 1_000
    /// Whether addresses of our own network and plain HTTP are allowed.
    public let allowsPrivateTargets: Bool

    /// - Parameter nudge: The one on which the sender sleeps.
    public init(
        store: any CatalogStore, webhooks: any WebhookStore, fanOut: WebhookFanOut, clock: any WallClock, ids: IDMint,
        nudge: WakeUp, allowsPrivateTargets: Bool
    ) {
        self.store = store
        self.webhooks = webhooks
        self.fanOut = fanOut
        self.clock = clock
        self.ids = ids
        self.nudge = nudge
        self.allowsPrivateTargets = allowsPrivateTargets
    }

    // MARK: Endpoints

    /// - Returns: `wrongState` refused when the owner has as many as one may have.
    public func create(
        _ draft: WebhookDraft, by staff: UserID, idempotency: Idempotency,
        encode: @Sendable @escaping (WebhookEndpoint) -> EncodedAnswer
    ) async throws(Fault) -> Answer {
        var isFull = false
        let answer = try await store.once(idempotency, clock: clock) { now, answer throws(Fault) in
            let endpoint = WebhookEndpoint(
                id: self.ids.next(at: now), ownerID: staff, url: draft.url, kinds: draft.kinds,
                concertID: draft.concertID, details: draft.details, isEnabled: draft.isEnabled,
                secrets: WebhookSecrets(current: self.ids.seed()), createdAt: now)
            let stored = answer(encode(endpoint))
            let isAdded = try await self.webhooks.add(
                endpoint, countMax: WebhookEndpoint.countPerOwnerMax,
                action: self.action(.webhookCreated, on: ID(endpoint.id), by: staff, detail: "\(draft.url)", at: now),
                answer: stored)
            isFull = !isAdded
            return isAdded ? stored : nil
        }
        fanOut.forgetEndpoints()
        return isFull ? .refused(.wrongState) : answer
    }

    public func endpoint(_ id: WebhookID, seenBy staff: UserID, isAdmin: Bool) async throws(Fault) -> WebhookEndpoint? {
        guard let found = try await webhooks.webhook(id), isAdmin || found.ownerID == staff else { return nil }
        return found
    }

    public func endpoints(seenBy staff: UserID, isAdmin: Bool, before: WebhookID?, limit: Int) async throws(Fault)
        -> [WebhookEndpoint]
    {
        try await webhooks.webhooks(of: isAdmin ? nil : staff, before: before, limit: limit)
    }

    /// Changes an endpoint. One that is switched on again, or has another address, begins anew: what waits is tried at once,
    /// the oldest first. That comes after the change; where it fails, what it has not come to is tried when its time comes.
    public func change(_ id: WebhookID, to draft: WebhookDraft, by staff: UserID, isAdmin: Bool) async throws(Fault)
        -> WebhookEndpoint?
    {
        guard try await endpoint(id, seenBy: staff, isAdmin: isAdmin) != nil else { return nil }
        let isNew = Mutex(false)
        let changed = try await webhooks.change(id) { before, now in
            var endpoint = before
            endpoint.url = draft.url
            endpoint.kinds = draft.kinds
            endpoint.concertID = draft.concertID
            endpoint.details = draft.details
            endpoint.isEnabled = draft.isEnabled
            let beginsAnew = draft.isEnabled && (!before.isEnabled || draft.url != before.url)
            if draft.isEnabled || before.isEnabled { endpoint.disabledReason = nil }
            if beginsAnew { endpoint.failingSince = nil }
            isNew.withLock { $0 = beginsAnew }
            return WebhookChange(
                endpoint,
                action: self.action(
                    .webhookChanged, on: ID(id), by: staff, detail: endpoint.difference(from: before), at: now))
        }
        fanOut.forgetEndpoints()
        if changed != nil, isNew.withLock({ $0 }) { try await bringForward(of: id) }
        nudge.wake()
        return changed
    }

    private func bringForward(of endpoint: WebhookID) async throws(Fault) {
        var last: WebhookDeliveryID?
        for _ in 0..<Self.forwardRoundsMax {
            last = try await webhooks.bringForward(of: endpoint, after: last, limit: Self.forwardSize)
            guard last != nil else { return }
            nudge.wake()
        }
    }

    public func delete(_ id: WebhookID, by staff: UserID, isAdmin: Bool) async throws(Fault) -> Bool {
        guard let found = try await endpoint(id, seenBy: staff, isAdmin: isAdmin) else { return false }
        let isDeleted = try await webhooks.deleteWebhook(
            id, action: action(.webhookDeleted, on: ID(id), by: staff, detail: "\(found.url)", at: clock.now()))
        fanOut.forgetEndpoints()
        return isDeleted
    }

    /// Gives an endpoint a new secret; the ones before sign too, each for a day. While as many sign as may, another is
    /// refused with `wrongState`.
    public func rotateSecret(
        of id: WebhookID, by staff: UserID, isAdmin: Bool, idempotency: Idempotency,
        encode: @Sendable @escaping (WebhookEndpoint) -> EncodedAnswer
    ) async throws(Fault) -> Answer {
        guard try await endpoint(id, seenBy: staff, isAdmin: isAdmin) != nil else { return .refused(.notFound) }
        var isFull = false
        let answer = try await store.once(idempotency, clock: clock) { _, answer throws(Fault) in
            let next = self.ids.seed()
            let changed = try await self.webhooks.change(id) { before, now in
                guard let secrets = before.secrets.rotated(to: next, at: now) else { return nil }
                var endpoint = before
                endpoint.secrets = secrets
                return WebhookChange(
                    endpoint, action: self.action(.webhookSecretRotated, on: ID(id), by: staff, at: now),
                    answer: answer(encode(endpoint)))
            }
            guard let changed else { return nil }
            isFull = changed.secrets.current != next
            return isFull ? nil : answer(encode(changed))
        }
        return isFull ? .refused(.wrongState) : answer
    }

    // MARK: Deliveries

    /// Sends an event that tells of nothing. An endpoint that is switched off is refused with `wrongState`.
    public func test(
        _ id: WebhookID, by staff: UserID, isAdmin: Bool, idempotency: Idempotency,
        encode: @Sendable @escaping (WebhookDelivery) -> EncodedAnswer
    ) async throws(Fault) -> Answer {
        guard let endpoint = try await endpoint(id, seenBy: staff, isAdmin: isAdmin) else { return .refused(.notFound) }
        guard endpoint.isEnabled else { return .refused(.wrongState) }
        let answer = try await store.once(idempotency, clock: clock) { now, answer throws(Fault) in
            let event: EventID = self.ids.next(at: now)
            var delivery = WebhookDelivery(
                id: self.ids.next(at: now), to: id, event: event, kind: .test, subject: ID(id),
                payload: CloudEvent.test(event, endpoint: id, at: now), at: now)
            // As it is when nothing else waits: a test's subject is the endpoint itself.
            delivery.nextAttemptAt = now
            let stored = answer(encode(delivery))
            try await self.webhooks.add([delivery], answer: stored)
            return stored
        }
        nudge.wake()
        return answer
    }

    public func deliveries(
        of endpoint: WebhookID, status: WebhookDelivery.Status?, before: WebhookDeliveryID?, limit: Int
    ) async throws(Fault) -> [WebhookDelivery] {
        try await webhooks.deliveries(of: endpoint, status: status, before: before, limit: limit)
    }

    public func delivery(_ id: WebhookDeliveryID, seenBy staff: UserID, isAdmin: Bool) async throws(Fault)
        -> WebhookDelivery?
    {
        guard let found = try await webhooks.delivery(id),
            try await endpoint(found.endpointID, seenBy: staff, isAdmin: isAdmin) != nil
        else { return nil }
        return found
    }

    public func attempts(of delivery: WebhookDeliveryID) async throws(Fault) -> [WebhookAttempt] {
        try await webhooks.attempts(of: delivery)
    }

    /// Sends a delivery again that is over. One that is under way is refused with `wrongState`.
    public func replay(
        _ id: WebhookDeliveryID, by staff: UserID, isAdmin: Bool, idempotency: Idempotency,
        encode: @Sendable @escaping (WebhookDelivery) -> EncodedAnswer
    ) async throws(Fault) -> Answer {
        guard try await delivery(id, seenBy: staff, isAdmin: isAdmin) != nil else { return .refused(.notFound) }
        var refusal: WebhookReplayRefusal?
        let answer = try await store.once(idempotency, clock: clock) { now, answer throws(Fault) in
            refusal = try await self.webhooks.replay(
                id, action: self.action(.webhookReplayed, on: ID(id), by: staff, at: now)
            ) { answer(encode($0)) }
            guard refusal == nil, let saved = try await self.webhooks.delivery(id) else { return nil }
            // What the caller is told is what the record says, which the store made.
            return try await self.store.answer(idempotency.scope) ?? answer(encode(saved))
        }
        nudge.wake()
        return refusal == .isPending ? .refused(.wrongState) : answer
    }

    private func action(
        _ kind: StaffAction.Kind, on subject: ID<StaffAction.Subject>, by staff: UserID, detail: String? = nil,
        at now: Timestamp
    ) -> StaffAction {
        StaffAction(id: ids.next(at: now), kind: kind, subjectID: subject, staffID: staff, detail: detail, at: now)
    }
}

extension WebhookEndpoint {
    /// What changed, in the words of the API: for the history. Nil when nothing did.
    fileprivate func difference(from before: WebhookEndpoint) -> String? {
        var parts: [String] = []
        // The whole address is for its owner; the history is for all staff.
        if url != before.url { parts.append("url \(before.url) → \(url)") }
        if kinds != before.kinds { parts.append("events \(before.kinds.count) → \(kinds.count)") }
        if concertID != before.concertID { parts.append("concertId") }
        if details != before.details { parts.append("description") }
        if isEnabled != before.isEnabled { parts.append(isEnabled ? "switched on" : "switched off") }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
}
