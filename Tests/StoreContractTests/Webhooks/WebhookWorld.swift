import Domain
import Ports
import Testing

extension World {
    var webhooks: any WebhookStore {
        get throws { try #require(store as? any WebhookStore) }
    }

    func action(_ kind: StaffAction.Kind, on subject: ID<StaffAction.Subject>, by staff: UserID) -> StaffAction {
        StaffAction(id: id(), kind: kind, subjectID: subject, staffID: staff, at: clock.now())
    }

    func draft(of owner: User, kinds: [String] = [], concert: ConcertID? = nil) throws -> WebhookEndpoint {
        WebhookEndpoint(
            id: id(), ownerID: owner.id, url: try #require(WebhookURL("https://hooks.example.com/jari?a=b")),
            kinds: kinds, concertID: concert, details: "알림", isEnabled: true,
            secrets: WebhookSecrets(current: [UInt8](0..<32)), createdAt: clock.now())
    }

    /// An endpoint that is switched on.
    func endpoint(of owner: User, kinds: [String] = [], concert: ConcertID? = nil) async throws -> WebhookEndpoint {
        let endpoint = try draft(of: owner, kinds: kinds, concert: concert)
        let action = action(.webhookCreated, on: ID(endpoint.id), by: owner.id)
        #expect(try await webhooks.add(endpoint, countMax: 20, action: action, answer: nil))
        return endpoint
    }

    func delivery(
        to endpoint: WebhookEndpoint, about subject: ID<Event.Subject>? = nil, event: EventID? = nil,
        payload: [UInt8] = [0x7B, 0x7D]
    ) -> WebhookDelivery {
        WebhookDelivery(
            id: id(), to: endpoint.id, event: event ?? id(), kind: .event(Event.Kind.reservationPaid.rawValue),
            subject: subject ?? id(), payload: payload, at: clock.now())
    }

    /// What may be taken now. It stays so.
    func due(_ endpoint: WebhookEndpoint) async throws -> [WebhookDeliveryID] {
        try await take(from: endpoint, forSeconds: 0, limit: 100).map(\.id)
    }

    func take(from endpoint: WebhookEndpoint, forSeconds seconds: Int = 30, limit: Int = 100) async throws
        -> [WebhookDelivery]
    {
        try await webhooks.takeDeliveries(of: endpoint.id, forSeconds: seconds, limit: limit)?.deliveries ?? []
    }

    /// Records a try of a delivery as it was taken, or else as it is now.
    func record(
        _ next: WebhookResult.Next, of delivery: WebhookDelivery, asTaken: Bool = false, status: Int? = 500,
        error: String? = nil,
        _ change: @Sendable @escaping (WebhookEndpoint, Timestamp) -> WebhookChange? = { _, _ in nil }
    ) async throws {
        let attempt = WebhookAttempt(
            number: 1, at: clock.now(), durationMs: 12, statusCode: status, error: error, answer: Array("답".utf8))
        let tried = asTaken ? delivery : try await webhooks.delivery(delivery.id) ?? delivery
        let result = WebhookResult(of: tried, attempt, next: next)
        try await webhooks.record([result], of: delivery.endpointID, change)
    }
}
