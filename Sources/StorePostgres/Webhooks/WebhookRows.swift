internal import Domain
internal import Ports

extension WebhookDelivery.Kind: Bindable {}
extension WebhookDelivery.Status: Bindable {}

/// What an endpoint's row says of it. One that staff took away stays until its deliveries are forgotten.
enum WebhookState: String, Bindable {
    case enabled = "ENABLED"
    case disabled = "DISABLED"
    case deleted = "DELETED"
}

extension WebhookEndpoint {
    init(_ row: Columns) throws {
        guard let url = WebhookURL(row.text(2)) else {
            throw UnreadableRow(reason: "url does not hold a webhook's address")
        }
        let state: WebhookState = try row.word(6)
        let previous = try row.optionalTime(10).map { WebhookSecrets.Earlier(row.bytes(9), until: $0) }
        self.init(
            id: try row.id(0), ownerID: try row.id(1), url: url,
            kinds: row.text(3).split(separator: " ").map(String.init),
            concertID: try row.optionalID(4), details: row.text(5), isEnabled: state == .enabled,
            disabledReason: row.optionalText(7),
            secrets: WebhookSecrets(current: row.bytes(8), previous: previous, older: row.bytes(13)),
            failingSince: try row.optionalTime(11), createdAt: try row.time(12))
    }

    private var state: WebhookState { isEnabled ? .enabled : .disabled }
    private var kindWords: String { kinds.joined(separator: " ") }

    var insert: Request {
        Request(
            WebhookStatement.insert, id, ownerID, url.text, kindWords, concertID, details, state, disabledReason,
            secrets.current, secrets.previous?.bytes, secrets.previous?.until, failingSince, createdAt,
            secrets.olderBytes)
    }

    var update: Request {
        Request(
            WebhookStatement.update, id, url.text, kindWords, concertID, details, state, disabledReason,
            secrets.current, secrets.previous?.bytes, secrets.previous?.until, failingSince, secrets.olderBytes)
    }
}

extension WebhookChange {
    /// The endpoint, and what stands beside it.
    var requests: [Request] {
        [endpoint.update] + StaffAction.insert([action]) + (answer.map { [StoredAnswer.replace([$0])] } ?? [])
    }
}

extension WebhookDelivery {
    init(_ row: Columns) throws {
        self.init(
            id: try row.id(0), endpointID: try row.id(1), eventID: try row.id(2), kind: try row.word(3),
            subjectID: try row.id(4), payload: row.bytes(5), status: try row.word(6), attemptCount: try row.int(7),
            failureCount: try row.int(8), nextAttemptAt: try row.optionalTime(9),
            takenUntil: try row.optionalTime(13), giveUpAt: try row.time(10), createdAt: try row.time(11),
            finishedAt: try row.optionalTime(12))
    }

    static func insert(_ rows: [WebhookDelivery], at now: Timestamp) -> Request {
        Request(
            WebhookDeliveryStatement.insert, Column(rows) { $0.id }, Column(rows) { $0.endpointID },
            Column(rows) { $0.eventID }, Column(rows) { $0.kind }, Column(rows) { $0.subjectID },
            Column(rows) { $0.payload }, Column(rows) { $0.giveUpAt(asOf: now) }, Column(rows) { $0.createdAt })
    }

    /// Lets the first delivery to each endpoint about each subject that is not over be tried.
    static func promote(_ subjects: [Subject], at now: Timestamp) -> Request {
        Request(
            WebhookDeliveryStatement.promote, Column(subjects) { $0.endpoint }, Column(subjects) { $0.subject }, now,
            Column(subjects) { $0.claim })
    }

    /// What deliveries to one endpoint are about.
    struct Subject {
        let endpoint: WebhookID
        let subject: ID<Event.Subject>
        /// One that is over now, for whose end another may have waited.
        var claim: Timestamp?
    }
}

extension WebhookAttempt {
    init(_ row: Columns) throws {
        self.init(
            number: try row.int(0), at: try row.time(1), durationMs: try row.int(2),
            statusCode: row.isNull(3) ? nil : try row.int(3), error: row.optionalText(4), answer: row.bytes(5))
    }
}

extension WebhookResult {
    private var status: WebhookDelivery.Status {
        switch next {
        case .delivered: .delivered
        case .retry: .pending
        case .givenUp: .failed
        }
    }

    private var nextAt: Timestamp? {
        if case .retry(let moment) = next { moment } else { nil }
    }

    static func record(_ rows: [WebhookResult], of endpoint: WebhookID, at now: Timestamp) -> [Request] {
        let finished: [Timestamp?] = rows.map { $0.status == .pending ? nil : now }
        let failures: [Int] = rows.map { $0.next == .delivered ? 0 : 1 }
        let attempts = rows.map(\.attempt)
        let deliveries = rows.map(\.deliveryID)
        let tries = Request(
            WebhookDeliveryStatement.recordTries, endpoint, Column(deliveries), Column(rows) { $0.status },
            Column(failures), Column(rows) { $0.nextAt }, Column(finished), Column(attempts) { $0.at },
            Column(attempts) { $0.durationMs }, Column(attempts) { $0.statusCode }, Column(attempts) { $0.error },
            Column(attempts) { $0.answer }, Column(rows) { $0.takenUntil })
        let trim = Request(WebhookDeliveryStatement.trimAttempts, Column(deliveries), WebhookAttempt.keptMax)
        let subjects = rows.map {
            WebhookDelivery.Subject(endpoint: endpoint, subject: $0.subjectID, claim: $0.takenUntil)
        }
        let promote = WebhookDelivery.promote(subjects, at: now)
        let endClaim = Request(
            WebhookDeliveryStatement.endClaim, endpoint, Column(rows) { $0.subjectID }, Column(rows) { $0.takenUntil })
        return [tries, trim, promote, endClaim]
    }
}
