internal import Domain
internal import Engine
internal import Hummingbird
internal import Ports

/// The fan's wallet.
struct PointsRoutes: Sendable {
    let engine: Engine
    let store: any SalesReader
    let access: Access
    let desk: PaymentDesk
    let chargesDirectly: Bool

    init(_ parts: APIDependencies) {
        engine = parts.engine
        store = parts.store
        access = parts.access
        desk = parts.payments
        chargesDirectly = parts.chargesDirectly
    }

    /// `GET /users/points`.
    func balance(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.user(request, context, .read)
        let wallet = try await store.wallet(of: identity.userID)
        return .json(
            JSONWriter.object { json in
                json.field("balance", wallet.balance)
                json.field("currency", "KRW")
            })
    }

    /// What a fan who charges points by card reads on the gateway's page.
    static let chargeTitle = LocalizedText(ko: "포인트 충전", en: "Points")

    /// `POST /users/points`. Credited at once where no gateway is asked; else the fan is told where to pay.
    func charge(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.user(request, context, .write)
        var amount: Int64?
        let body = try await request.readJSON { field, json throws(InvalidRequest) in
            switch field {
            case "amount": amount = try json.integer(in: ChargePoints.amounts)
            default: throw JSONReader.unknownField()
            }
        }
        let idempotency = try access.idempotency(request, user: identity.userID, route: "charge", body: body)
        let won = Won(try required(amount, "amount"))
        let command: Command =
            chargesDirectly
            ? .charge(ChargePoints(userID: identity.userID, amount: won))
            : .requestCharge(RequestCharge(userID: identity.userID, amount: won))
        let title = Self.chargeTitle[request.language]
        return try .answer(
            await engine.submit(
                Submission(.command(command), idempotency: idempotency) { [desk] outcome in
                    outcome.chargeAnswer { desk.checkoutURL(for: $0, title: title) }
                }))
    }

    /// `GET /users/points/history`.
    func history(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.user(request, context, .read)
        let page = try request.page(of: Transfer.self)
        let transfers = try await store.transfers(of: identity.userID, before: page.before, limit: page.limit)
        return .json(
            JSONWriter.list(transfers, limit: page.limit, id: \.id) { json, transfer in
                json.object { json in
                    json.field("id", transfer.id)
                    json.field("kind", transfer.kind.rawValue)
                    let sign: Int64 = transfer.to == identity.userID.account ? 1 : -1
                    json.field("amount", sign * transfer.amount.amount)
                    json.field("balance", transfer.balance ?? .zero)
                    json.key("paymentId")
                    if let payment = transfer.paymentID { json.value(payment) } else { json.null() }
                    json.field("createdAt", transfer.at)
                }
            })
    }
}

extension Outcome {
    fileprivate func chargeAnswer(checkoutURL: (Payment) -> String) -> EncodedAnswer {
        let body = JSONWriter.object(capacity: 160) { json in
            switch self {
            case .charged(let transfer):
                json.field("transactionId", transfer.id)
                json.field("status", Payment.Status.captured.rawValue)
                json.field("amount", transfer.amount)
                json.field("balance", transfer.balance ?? .zero)
            case .paymentRequested(let payment, let balance):
                json.field("transactionId", payment.id)
                json.field("status", payment.status.rawValue)
                json.field("amount", payment.amount)
                json.field("balance", balance)
                json.checkout(of: payment, url: checkoutURL(payment))
            default: preconditionFailure("a charge that did not charge")
            }
        }
        return EncodedAnswer(status: 201, body: body)
    }
}
