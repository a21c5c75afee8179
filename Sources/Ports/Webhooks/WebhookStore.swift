public import Domain

/// An endpoint as it is to be, with what is written beside it.
public struct WebhookChange: Sendable {
    public var endpoint: WebhookEndpoint
    public var action: StaffAction?
    public var answer: StoredAnswer?

    public init(_ endpoint: WebhookEndpoint, action: StaffAction?, answer: StoredAnswer? = nil) {
        self.endpoint = endpoint
        self.action = action
        self.answer = answer
    }
}

/// Deliveries that nobody else is given for a while, and where they go.
public struct TakenDeliveries: Hashable, Sendable {
    /// As it was when they were taken.
    public let endpoint: WebhookEndpoint
    /// When they were, by the store's clock.
    public let at: Timestamp
    /// The oldest first.
    public let deliveries: [WebhookDelivery]

    public init(endpoint: WebhookEndpoint, at: Timestamp, deliveries: [WebhookDelivery]) {
        self.endpoint = endpoint
        self.at = at
        self.deliveries = deliveries
    }
}

/// What came of one try, and what becomes of its delivery.
public struct WebhookResult: Hashable, Sendable {
    public enum Next: Hashable, Sendable {
        case delivered
        case retry(at: Timestamp)
        case givenUp
    }

    public let deliveryID: WebhookDeliveryID
    public let subjectID: ID<Event.Subject>
    /// As it said when the delivery was taken. By it the store knows whether it is still the same try that counts.
    public let takenUntil: Timestamp?
    public let attempt: WebhookAttempt
    public private(set) var next: Next
    /// Where it was sent to.
    private let url: WebhookURL?

    /// - Parameter url: Where it was sent to. Nil where it makes no difference.
    public init(of delivery: WebhookDelivery, _ attempt: WebhookAttempt, next: Next, url: WebhookURL? = nil) {
        deliveryID = delivery.id
        subjectID = delivery.subjectID
        takenUntil = delivery.takenUntil
        self.attempt = attempt
        self.next = next
        self.url = url
    }

    /// What becomes of it with the endpoint as it is when it is saved: a failure at an address that it has no more is
    /// tried again at the new one at once, however long the old one was to be spared.
    public func saved(for endpoint: WebhookEndpoint, at now: Timestamp) -> WebhookResult {
        guard next != .delivered, let url, url != endpoint.url else { return self }
        var result = self
        result.next = .retry(at: now)
        return result
    }
}

/// Why a delivery is not sent again.
public enum WebhookReplayRefusal: Error, Hashable, Sendable {
    case notFound
    /// It is under way already.
    case isPending
}

/// Endpoints of organisers, and what is delivered to them.
///
/// Of the deliveries of one endpoint about one subject that are not over, only the first has a time at which it is tried:
/// the others wait for it. While one about a subject is under way, no other about it is given out. The store keeps it so
/// with every call, whatever runs beside it, and by its own clock, which all processes share.
public protocol WebhookStore: Sendable {
    // MARK: Endpoints

    /// - Parameter countMax: How many the owner may have, this one included.
    /// - Returns: False when there are too many; nothing changed then.
    func add(_ endpoint: WebhookEndpoint, countMax: Int, action: StaffAction, answer: StoredAnswer?)
        async throws(Fault) -> Bool
    func webhook(_ id: WebhookID) async throws(Fault) -> WebhookEndpoint?
    /// Those of one of the staff, or all; the newest first. `before` is the last id of the page before.
    func webhooks(of owner: UserID?, before: WebhookID?, limit: Int) async throws(Fault) -> [WebhookEndpoint]
    /// All that are switched on and whose owner is of the staff, by id.
    func enabledWebhooks(limit: Int) async throws(Fault) -> [WebhookEndpoint]
    /// Those that are switched on though their owner is of the staff no more.
    func webhooksOfFormerStaff(limit: Int) async throws(Fault) -> [WebhookEndpoint]
    /// Changes an endpoint: nobody else changes it between what the closure is shown and what it makes of it. The closure
    /// may be called more than once, with the time; nil leaves the endpoint as it is.
    ///
    /// - Returns: What it is now. Nil when there is no such endpoint.
    func change(_ id: WebhookID, _ change: @Sendable @escaping (WebhookEndpoint, Timestamp) -> WebhookChange?)
        async throws(Fault) -> WebhookEndpoint?
    /// Has what waits for its next try tried now, the oldest first: of the next so many that are not over. What is under
    /// way comes to its end before.
    ///
    /// - Parameter after: Those with greater ids only.
    /// - Returns: The last one that was looked at. Nil when no more are left, or the endpoint is off or gone.
    func bringForward(of endpoint: WebhookID, after: WebhookDeliveryID?, limit: Int) async throws(Fault)
        -> WebhookDeliveryID?
    /// Takes an endpoint away. Its deliveries are forgotten later, some at a time.
    ///
    /// - Returns: False when there is none.
    func deleteWebhook(_ id: WebhookID, action: StaffAction) async throws(Fault) -> Bool

    // MARK: Deliveries

    /// Adds new deliveries in this order, except those whose endpoint was told their event already, is off, or is gone.
    func add(_ deliveries: [WebhookDelivery], answer: StoredAnswer?) async throws(Fault)
    /// Endpoints that are switched on, whose owner is of the staff, and that have something to be tried now, by id.
    ///
    /// - Parameters:
    ///   - areFailing: Which ones: those that have taken nothing of late, or the others.
    ///   - after: Those with greater ids only.
    func dueWebhooks(areFailing: Bool, after: WebhookID?, limit: Int) async throws(Fault) -> [WebhookEndpoint]
    /// Takes those of an endpoint that are to be tried now, the ones that have waited longest. Nobody else is given them
    /// for so long: by then it must be recorded what came of them. None once its owner is not of the staff any more.
    ///
    /// - Returns: Nil when the endpoint is off or gone.
    func takeDeliveries(of endpoint: WebhookID, forSeconds seconds: Int, limit: Int) async throws(Fault)
        -> TakenDeliveries?
    /// Saves what came of tries of one endpoint, each of another delivery. What came of one that is over, or that was given
    /// to another or sent again meanwhile, is dropped.
    ///
    /// - Parameter change: What becomes of the endpoint; called with it as it is, and the time. Nil leaves it.
    /// - Returns: The endpoint as it is then. Nil when it is gone.
    @discardableResult
    func record(
        _ results: [WebhookResult], of endpoint: WebhookID,
        _ change: @Sendable @escaping (WebhookEndpoint, Timestamp) -> WebhookChange?
    ) async throws(Fault) -> WebhookEndpoint?
    /// The newest first. `before` is the last id of the page before.
    func deliveries(
        of endpoint: WebhookID, status: WebhookDelivery.Status?, before: WebhookDeliveryID?, limit: Int
    ) async throws(Fault) -> [WebhookDelivery]
    func delivery(_ id: WebhookDeliveryID) async throws(Fault) -> WebhookDelivery?
    /// Those that are kept, the first one first.
    func attempts(of delivery: WebhookDeliveryID) async throws(Fault) -> [WebhookAttempt]
    /// Has one that is over sent again: after what is under way about the same subject, before all else about it that is not
    /// over and came later.
    ///
    /// - Parameter answer: Made of the delivery as it is then.
    func replay(
        _ id: WebhookDeliveryID, action: StaffAction,
        answer: @Sendable @escaping (WebhookDelivery) -> StoredAnswer?
    ) async throws(Fault) -> WebhookReplayRefusal?
    /// Forgets deliveries with their attempts that were made so long ago, whatever became of them, and those of endpoints
    /// that are gone. Returns how many, at most `limit`.
    func forgetDeliveries(olderThanSeconds seconds: Int, limit: Int) async throws(Fault) -> Int
}
