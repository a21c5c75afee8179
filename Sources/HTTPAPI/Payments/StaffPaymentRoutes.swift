internal import Domain
internal import Engine
internal import Hummingbird
internal import Ports

/// `/admin/payments` and `/admin/refunds`: what only a person can decide about money.
struct StaffPaymentRoutes: Sendable {
    private static let reasonLengthMax = 200

    let engine: Engine
    let store: any Store
    let access: Access

    init(_ parts: APIDependencies) {
        engine = parts.engine
        store = parts.store
        access = parts.access
    }

    /// `POST /admin/refunds/{id}/settle`: the fan has the money, though the gateway refused to give it back.
    func settle(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.staff(request, context)
        let refund = try context.id(of: Refund.self)
        var reason: String?
        let body = try await request.readJSON { field, json throws(InvalidRequest) in
            switch field {
            case "reason": reason = try Self.reason(&json)
            default: throw JSONReader.unknownField()
            }
        }
        let command = SettleRefundByHand(
            refundID: refund, staffID: identity.userID, reason: try required(reason, "reason"))
        let idempotency = try access.idempotency(
            request, user: identity.userID, route: "settle \(refund)", body: body)
        return try .answer(
            await engine.submit(
                Submission(.command(.settleRefundByHand(command)), idempotency: idempotency) { outcome in
                    guard case .refundSettled(let settled) = outcome else {
                        preconditionFailure("a settled refund that came to something else")
                    }
                    return EncodedAnswer(status: 200, body: settled.json)
                }))
    }

    /// `POST /admin/payments/{id}/resolve`: nobody waits any longer for the gateway's word. `DECLINED` is all that staff
    /// can decide: money that the gateway has not captured makes nothing paid.
    func resolve(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.staff(request, context)
        let id = try context.id(of: Payment.self)
        var outcome: String?
        var reason: String?
        let body = try await request.readJSON { field, json throws(InvalidRequest) in
            switch field {
            case "outcome":
                outcome = try json.string(maxLength: 20)
                guard outcome == Payment.Status.declined.rawValue else {
                    throw InvalidRequest(ko: "DECLINED만 됩니다.", en: "It must be DECLINED.")
                }
            case "reason": reason = try Self.reason(&json)
            default: throw JSONReader.unknownField()
            }
        }
        _ = try required(outcome, "outcome")
        let why = try required(reason, "reason")
        let idempotency = try access.idempotency(request, user: identity.userID, route: "resolve \(id)", body: body)
        guard let payment = try await store.payment(id) else { throw Problem.notFound }
        let command = LetPaymentGo(
            ownerID: payment.userID, paymentID: id, staffID: identity.userID, reason: why)
        return try .answer(
            await engine.submit(
                Submission(.command(.letPaymentGo(command)), idempotency: idempotency) { $0.paymentAnswer() }))
    }

    private static func reason(_ json: inout JSONReader) throws(InvalidRequest) -> String {
        try json.string(minLength: 1, maxLength: reasonLengthMax)
    }
}
