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

/// What came of one try, and what becomes of its delivery.
public struct WebhookResult: Hashable, Sendable {
    public enum Next: Hashable, Sendable {
        case delivered
        case retry(at: Timestamp)
        case givenUp
    }

    public let deliveryID: WebhookDeliveryID
    public let subjectID: ID<Event.Subject>
    public let attempt: WebhookAttempt
    public let next: Next

    public init(
        deliveryID: WebhookDeliveryID, subjectID: ID<Event.Subject>, attempt: WebhookAttempt, next: Next
    ) {
        self.deliveryID = deliveryID
        self.subjectID = subjectID
        self.attempt = attempt
        self.next = next
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
/// the others wait for it. The store keeps it so with every call, whatever runs beside it.
public protocol WebhookStore: Sendable {
    // MARK: Endpoints

    /// - Parameter countMax: How many the owner may have, this one included.
    /// - Returns: False when there are too many; nothing changed then.
    func add(_ endpoint: WebhookEndpoint, countMax: Int, action: StaffAction, answer: StoredAnswer?)
        async throws(Fault) -> Bool
    func webhook(_ id: WebhookID) async throws(Fault) -> WebhookEndpoint?
    /// Those of one of the staff, or all; the newest first. `before` is the last id of the page before.
    func webhooks(of owner: UserID?, before: WebhookID?, limit: Int) async throws(Fault) -> [WebhookEndpoint]
    /// All that are switched on, by id.
    func enabledWebhooks(limit: Int) async throws(Fault) -> [WebhookEndpoint]
    /// Changes an endpoint: nobody else changes it between what the closure is shown and what it makes of it. The closure
    /// may be called more than once.
    ///
    /// - Returns: What was saved. Nil when there is no such endpoint.
    func change(_ id: WebhookID, _ change: @Sendable @escaping (WebhookEndpoint) -> WebhookChange)
        async throws(Fault) -> WebhookEndpoint?
    /// Takes an endpoint away. Its deliveries are forgotten later, some at a time.
    ///
    /// - Returns: False when there is none.
    func deleteWebhook(_ id: WebhookID, action: StaffAction) async throws(Fault) -> Bool

    // MARK: Deliveries

    /// Adds new deliveries in this order, except those whose endpoint was told their event already, is off, or is gone.
    func add(_ deliveries: [WebhookDelivery], answer: StoredAnswer?) async throws(Fault)
    /// Endpoints that are switched on and have something to be tried at or before `now`, by id.
    ///
    /// - Parameter after: Those with greater ids only.
    func dueWebhooks(at now: Timestamp, after: WebhookID?, limit: Int) async throws(Fault) -> [WebhookEndpoint]
    /// Takes those of an endpoint that are to be tried at or before `now`, the ones that have waited longest, oldest
    /// first. Nobody else is given them before `until`: by then it must be recorded what came of them.
    func takeDeliveries(of endpoint: WebhookID, at now: Timestamp, until: Timestamp, limit: Int) async throws(Fault)
        -> [WebhookDelivery]
    /// Saves what came of tries of one endpoint, each of another delivery.
    ///
    /// - Parameter change: What becomes of the endpoint; called with it as it is. Nil leaves it.
    func record(
        _ results: [WebhookResult], of endpoint: WebhookID, at now: Timestamp,
        _ change: @Sendable @escaping (WebhookEndpoint) -> WebhookChange?
    ) async throws(Fault)
    /// The newest first. `before` is the last id of the page before.
    func deliveries(
        of endpoint: WebhookID, status: WebhookDelivery.Status?, before: WebhookDeliveryID?, limit: Int
    ) async throws(Fault) -> [WebhookDelivery]
    func delivery(_ id: WebhookDeliveryID) async throws(Fault) -> WebhookDelivery?
    /// Those that are kept, the first one first.
    func attempts(of delivery: WebhookDeliveryID) async throws(Fault) -> [WebhookAttempt]
    /// Has one that is over sent again, before all that is not over about the same subject.
    ///
    /// - Parameter answer: Made of the delivery as it is then.
    func replay(
        _ id: WebhookDeliveryID, at now: Timestamp, action: StaffAction,
        answer: @Sendable @escaping (WebhookDelivery) -> StoredAnswer?
    ) async throws(Fault) -> WebhookReplayRefusal?
    /// Forgets deliveries with their attempts that were made so long ago, whatever became of them, and those of endpoints
    /// that are gone. Returns how many, at most `limit`.
    func forgetDeliveries(olderThanSeconds seconds: Int, limit: Int) async throws(Fault) -> Int
}
