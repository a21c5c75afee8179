internal import Domain
internal import GRDB
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
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "url does not hold a webhook's address")
        }
        let state: WebhookState = try row.word(6)
        let previous = row.optionalTime(10).map { WebhookSecrets.Earlier(row.bytes(9), until: $0) }
        self.init(
            id: try row.id(0), ownerID: try row.id(1), url: url,
            kinds: row.text(3).split(separator: " ").map(String.init),
            concertID: try row.optionalID(4), details: row.text(5), isEnabled: state == .enabled,
            disabledReason: row.optionalText(7),
            secrets: WebhookSecrets(current: row.bytes(8), previous: previous, older: row.bytes(13)),
            failingSince: row.optionalTime(11), createdAt: row.time(12))
    }

    private var state: WebhookState { isEnabled ? .enabled : .disabled }
    private var kindWords: String { kinds.joined(separator: " ") }

    func insert(on db: Database) throws {
        try PreparedStatement(WebhookStatement.insert, on: db).run(
            id, ownerID, url.text, kindWords, concertID, details, state, disabledReason, secrets.current,
            secrets.previous?.bytes, secrets.previous?.until, failingSince, createdAt, secrets.olderBytes)
    }

    func update(on db: Database) throws {
        try PreparedStatement(WebhookStatement.update, on: db).run(
            url.text, kindWords, concertID, details, state, disabledReason, secrets.current,
            secrets.previous?.bytes, secrets.previous?.until, failingSince, secrets.olderBytes, id)
    }
}

extension WebhookChange {
    /// Writes the endpoint and what stands beside it.
    func save(on db: Database) throws {
        try endpoint.update(on: db)
        try action?.insert(on: db)
        try answer?.insert(on: db)
    }
}

extension WebhookDelivery {
    init(_ row: Columns) throws {
        self.init(
            id: try row.id(0), endpointID: try row.id(1), eventID: try row.id(2), kind: try row.word(3),
            subjectID: try row.id(4), payload: row.bytes(5), status: try row.word(6), attemptCount: row.int(7),
            failureCount: row.int(8), nextAttemptAt: row.optionalTime(9), takenUntil: row.optionalTime(13),
            giveUpAt: row.time(10), createdAt: row.time(11), finishedAt: row.optionalTime(12))
    }

    /// Lets the first delivery to an endpoint about a subject that is not over be tried.
    ///
    /// - Parameter claim: One that is over now, for whose end another may have waited.
    static func promote(
        to endpoint: WebhookID, about subject: ID<Event.Subject>, after claim: Timestamp? = nil, at now: Timestamp,
        on db: Database
    ) throws {
        try PreparedStatement(WebhookDeliveryStatement.promote, on: db).run(endpoint, subject, now, claim)
    }
}

extension WebhookAttempt {
    init(_ row: Columns) {
        self.init(
            number: row.int(0), at: row.time(1), durationMs: row.int(2), statusCode: row.isNull(3) ? nil : row.int(3),
            error: row.optionalText(4), answer: row.bytes(5))
    }
}

extension WebhookResult {
    /// Writes what came of the try. Nothing for a delivery that is over or forgotten, or no more with who has tried it.
    func save(of endpoint: WebhookID, at now: Timestamp, on db: Database) throws {
        let (status, failures, nextAt): (WebhookDelivery.Status, Int, Timestamp?) =
            switch next {
            case .delivered: (.delivered, 0, nil)
            case .retry(let moment): (.pending, 1, moment)
            case .givenUp: (.failed, 1, nil)
            }
        let number = try PreparedStatement(WebhookDeliveryStatement.recordTry, on: db)
            .first(status, failures, nextAt, status == .pending ? nil : now, deliveryID, endpoint, takenUntil) {
                $0.int(0)
            }
        guard let number else { return }
        try PreparedStatement(WebhookDeliveryStatement.insertAttempt, on: db).run(
            deliveryID, number, attempt.at, attempt.durationMs, attempt.statusCode, attempt.error, attempt.answer)
        try PreparedStatement(WebhookDeliveryStatement.trimAttempts, on: db)
            .run(deliveryID, number - WebhookAttempt.keptMax)
        try WebhookDelivery.promote(to: endpoint, about: subjectID, after: takenUntil, at: now, on: db)
        try PreparedStatement(WebhookDeliveryStatement.endClaim, on: db).run(endpoint, subjectID, takenUntil)
    }
}
