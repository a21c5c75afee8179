internal import Domain
internal import Engine
internal import HTTPTypes
internal import Hummingbird
internal import Ports

/// What the payment gateway tells by itself. Anyone could send such a thing, so it is only a reason to ask the gateway.
struct PaymentWebhookRoutes: Sendable {
    private static let readableType = "PAYMENT_STATUS_CHANGED"

    let store: any Store
    let desk: PaymentDesk
    let access: Access

    init(_ parts: APIDependencies) {
        store = parts.store
        desk = parts.payments
        access = parts.access
    }

    /// `POST /webhooks/payments`. May come twice, late and in any order.
    func receive(_ request: Request, _ context: APIContext) async throws -> Response {
        try await access.anyone(context, .write)
        var type: String?
        var data = Hint()
        _ = try await request.readJSON { field, json throws(InvalidRequest) in
            switch field {
            case "eventType": type = try json.string(minLength: 1, maxLength: 100)
            case "data": data = try Hint(&json)
            default: try json.skipValue()
            }
        }
        // Other kinds are none of ours, and being told of them is not an error.
        guard try required(type, "eventType") == Self.readableType else { return Response(status: .noContent) }
        let orderID = try required(data.orderID, "data.orderId")
        let key = try required(data.paymentKey, "data.paymentKey")
        guard let id = PaymentID(orderID), let payment = try await store.payment(id), payment.card > .zero else {
            throw Problem.notFound
        }
        let found = try await desk.readBack(payment)
        // An old one that comes late says less than the gateway does now; one that says more is forged.
        guard let found, found.paymentKey == key || payment.gatewayKey == key, data.agrees(with: found) else {
            throw Problem.webhookNotConfirmed
        }
        return Response(status: .noContent)
    }

    /// What the webhook says.
    private struct Hint {
        var orderID: String?
        var paymentKey: String?
        var status: String?

        init() {}

        init(_ json: inout JSONReader) throws(InvalidRequest) {
            var (orderID, paymentKey, status): (String?, String?, String?)
            try json.object { field, json throws(InvalidRequest) in
                switch field {
                case "orderId": orderID = try json.string(maxLength: 64)
                case "paymentKey": paymentKey = try json.paymentKey()
                case "status": status = try json.string(maxLength: 50)
                default: try json.skipValue()
                }
            }
            (self.orderID, self.paymentKey, self.status) = (orderID, paymentKey, status)
        }

        func agrees(with found: GatewayPayment) -> Bool {
            switch status {
            case "DONE": found.status == .captured
            case "CANCELED", "PARTIAL_CANCELED": found.refunded > .zero
            default: true
            }
        }
    }
}

extension Problem {
    fileprivate static let webhookNotConfirmed = Problem(
        .webhookNotConfirmed, ko: "결제사에 다시 확인한 내용과 다른 웹훅입니다.",
        en: "The gateway, asked again, does not say what this webhook says.")
}
