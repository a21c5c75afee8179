internal import Domain
internal import Engine
internal import Hummingbird
internal import Ports

/// `/admin/payments` and `/admin/refunds`: what only a person can decide about money.
struct StaffPaymentRoutes: Sendable {
    private static let reasonLengthMax = 200

    let engine: Engine
    let store: any Store
    let desk: PaymentDesk
    let access: Access

    init(_ parts: APIDependencies) {
        engine = parts.engine
        store = parts.store
        desk = parts.payments
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

    /// `POST /admin/payments/{id}/resolve`: the gateway, asked once more, has captured what is not this payment's. `DECLINED`
    /// is all that staff can decide: money that the gateway has not captured makes nothing paid.
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
        let answer: Answer
        do throws(Fault) {
            answer = try await desk.letGo(payment, by: identity.userID, reason: why, idempotency: idempotency) {
                $0.paymentAnswer()
            }
        } catch {
            // Also when it says what nobody understands: it may say something better later.
            throw Fault(.unavailable, attempt: error.attempt, reason: error.reason)
        }
        return try .answer(answer)
    }

    private static func reason(_ json: inout JSONReader) throws(InvalidRequest) -> String {
        try json.string(minLength: 1, maxLength: reasonLengthMax)
    }
}
