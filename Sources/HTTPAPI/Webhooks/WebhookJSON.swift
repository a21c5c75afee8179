internal import Domain
internal import Ports

extension WebhookEndpoint {
    /// - Parameter showingSecret: Only to whom it was just made for.
    func json(showingSecret: Bool) -> [UInt8] {
        var json = JSONWriter()
        json.webhook(self, showingSecret: showingSecret)
        return json.bytes
    }
}

extension WebhookDelivery {
    var json: [UInt8] {
        var json = JSONWriter()
        json.delivery(self)
        return json.bytes
    }

    /// With what was sent and each try of it that is kept.
    func json(log: [WebhookAttempt]) -> [UInt8] {
        JSONWriter.object(capacity: 1024 + payload.count * 2 + log.count * 300) { json in
            json.fields(of: self)
            json.field("payload", String(decoding: payload, as: UTF8.self))
            json.key("log")
            json.array(log) { json, attempt in
                json.object { json in
                    json.field("number", attempt.number)
                    json.field("at", attempt.at)
                    json.field("durationMs", attempt.durationMs)
                    json.field("statusCode", optional: attempt.statusCode)
                    json.field("error", optional: attempt.error)
                    json.field(
                        "answer",
                        optional: attempt.statusCode == nil ? nil : String(decoding: attempt.answer, as: UTF8.self))
                }
            }
        }
    }
}

extension JSONWriter {
    mutating func webhook(_ endpoint: WebhookEndpoint, showingSecret: Bool) {
        object { json in
            json.field("id", endpoint.id)
            json.field("ownerId", endpoint.ownerID)
            json.field("url", endpoint.url.text)
            json.key("events")
            json.array(endpoint.kinds) { $0.value(CloudEvent.typePrefix + $1) }
            json.field("concertId", optional: endpoint.concertID?.description)
            json.field("description", endpoint.details)
            json.field("isEnabled", endpoint.isEnabled)
            json.field("disabledReason", optional: endpoint.disabledReason)
            json.field("failingSince", optional: endpoint.failingSince)
            json.field("previousSecretUntil", optional: endpoint.secrets.previous?.until)
            json.field("createdAt", endpoint.createdAt)
            if showingSecret { json.field("secret", endpoint.secrets.shown) }
        }
    }

    mutating func delivery(_ delivery: WebhookDelivery) {
        object { $0.fields(of: delivery) }
    }

    fileprivate mutating func fields(of delivery: WebhookDelivery) {
        field("id", delivery.id)
        field("webhookId", delivery.endpointID)
        field("eventId", delivery.eventID)
        field("type", CloudEvent.typePrefix + delivery.kind.rawValue)
        field("subject", delivery.subjectID)
        field("status", delivery.status.rawValue)
        field("attempts", delivery.attemptCount)
        field("nextAttemptAt", optional: delivery.nextAttemptAt)
        field("createdAt", delivery.createdAt)
        field("finishedAt", optional: delivery.finishedAt)
    }
}

extension WebhookSecrets {
    /// The newest, as Standard Webhooks spells it.
    fileprivate var shown: String { "whsec_" + String(decoding: Base64.encode(current), as: UTF8.self) }
}
