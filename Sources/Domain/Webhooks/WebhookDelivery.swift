public typealias WebhookDeliveryID = ID<WebhookDelivery>

/// One event on its way to one endpoint.
public struct WebhookDelivery: Hashable, Sendable {
    public enum Status: String, CaseIterable, Sendable {
        case pending = "PENDING"
        case delivered = "DELIVERED"
        /// Given up. Staff can have it sent again.
        case failed = "FAILED"
    }

    /// What it tells of: an event, or nothing, to try the endpoint.
    public enum Kind: Hashable, Sendable, RawRepresentable {
        case event(String)
        case test

        private static let testWord = "webhook.test"

        public init(rawValue: String) {
            self = rawValue == Self.testWord ? .test : .event(rawValue)
        }

        public var rawValue: String {
            switch self {
            case .event(let kind): kind
            case .test: Self.testWord
            }
        }
    }

    public let id: WebhookDeliveryID
    public let endpointID: WebhookID
    /// The event's own id: an endpoint is told each once, however often the event comes to the consumer.
    public let eventID: EventID
    public let kind: Kind
    /// Deliveries of one endpoint about one subject go out in order.
    public let subjectID: ID<Event.Subject>
    /// The bytes that are sent, the same each time.
    public let payload: [UInt8]
    public var status: Status
    /// How often it was tried, in all.
    public var attemptCount: Int
    /// How often it failed since it was made or sent again: where it stands in the schedule.
    public var failureCount: Int
    /// When it is tried next. Nil when it is over, or waits for an earlier one about the same subject.
    public var nextAttemptAt: Timestamp?
    /// Until when it is under way with whoever took it, and nobody else is given it: exclusive. Nil when nobody has it.
    /// What came of a try counts only if it is still the same.
    public var takenUntil: Timestamp?
    /// A failure from then on is the last.
    public var giveUpAt: Timestamp
    public let createdAt: Timestamp
    /// When it was delivered or given up.
    public var finishedAt: Timestamp?

    public init(
        id: WebhookDeliveryID, endpointID: WebhookID, eventID: EventID, kind: Kind, subjectID: ID<Event.Subject>,
        payload: [UInt8], status: Status, attemptCount: Int, failureCount: Int, nextAttemptAt: Timestamp?,
        takenUntil: Timestamp?, giveUpAt: Timestamp, createdAt: Timestamp, finishedAt: Timestamp?
    ) {
        self.id = id
        self.endpointID = endpointID
        self.eventID = eventID
        self.kind = kind
        self.subjectID = subjectID
        self.payload = payload
        self.status = status
        self.attemptCount = attemptCount
        self.failureCount = failureCount
        self.nextAttemptAt = nextAttemptAt
        self.takenUntil = takenUntil
        self.giveUpAt = giveUpAt
        self.createdAt = createdAt
        self.finishedAt = finishedAt
    }

    /// A new one. When it is tried first is the store's to say, which knows what it has to wait for.
    public init(
        id: WebhookDeliveryID, to endpoint: WebhookID, event: EventID, kind: Kind, subject: ID<Event.Subject>,
        payload: [UInt8], at now: Timestamp
    ) {
        self.init(
            id: id, endpointID: endpoint, eventID: event, kind: kind, subjectID: subject, payload: payload,
            status: .pending, attemptCount: 0, failureCount: 0, nextAttemptAt: nil, takenUntil: nil,
            giveUpAt: now.adding(seconds: WebhookSchedule.patienceSeconds), createdAt: now, finishedAt: nil)
    }

    /// When it is given up that is added at `now`, by the store's clock, whatever clock it was made by.
    public func giveUpAt(asOf now: Timestamp) -> Timestamp {
        giveUpAt.adding(milliseconds: now.milliseconds(since: createdAt))
    }

    /// One that is over, as it is to be sent again.
    ///
    /// - Parameters:
    ///   - waitsForEarlier: Whether an earlier one about its subject is not over.
    ///   - underWayUntil: Until when another about its subject is under way. It is not sent beside that one, but as soon as
    ///     it is known what came of it, or when its time is over.
    public func sentAgain(waitsForEarlier: Bool, underWayUntil: Timestamp?, at now: Timestamp) -> WebhookDelivery {
        var row = self
        row.status = .pending
        row.failureCount = 0
        row.finishedAt = nil
        row.giveUpAt = now.adding(seconds: WebhookSchedule.patienceSeconds)
        row.nextAttemptAt = waitsForEarlier ? nil : underWayUntil ?? now
        row.takenUntil = waitsForEarlier ? nil : underWayUntil
        return row
    }

    /// How long a delivery and its attempts are kept: thirty days.
    public static let keptSeconds = 30 * 24 * 3600
}

/// One try to deliver.
public struct WebhookAttempt: Hashable, Sendable {
    /// The last so many of a delivery are kept.
    public static let keptMax = 50
    /// How much of what the endpoint answered is kept.
    public static let answerBytesMax = 1024
    public static let errorLengthMax = 200

    /// Counts up from 1.
    public let number: Int
    public let at: Timestamp
    public let durationMs: Int
    /// The HTTP status; nil when there was no answer.
    public let statusCode: Int?
    /// Why there was none, or why the answer does not count, in words for whoever looks after the endpoint.
    public let error: String?
    /// The first bytes of the answer's body.
    public let answer: [UInt8]

    public init(number: Int, at: Timestamp, durationMs: Int, statusCode: Int?, error: String?, answer: [UInt8]) {
        self.number = number
        self.at = at
        self.durationMs = durationMs
        self.statusCode = statusCode
        self.error = error.map { String($0.prefix(Self.errorLengthMax)) }
        self.answer = Array(answer.prefix(Self.answerBytesMax))
    }

    /// Whether the endpoint has taken it: any 2xx.
    public var isDelivered: Bool { error == nil && statusCode.map { (200..<300).contains($0) } ?? false }
    /// The endpoint says that it is gone for good: 410.
    public var isGone: Bool { statusCode == 410 }
}
