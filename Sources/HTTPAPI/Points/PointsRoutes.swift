internal import Domain
internal import Engine
internal import Hummingbird
internal import Ports

/// The fan's wallet.
struct PointsRoutes: Sendable {
    let engine: Engine
    let store: any SalesReader
    let access: Access

    init(_ parts: APIDependencies) {
        engine = parts.engine
        store = parts.store
        access = parts.access
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

    /// `POST /users/points`. Every charge is approved until card payments are built: then it asks the gateway.
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
        let command = ChargePoints(userID: identity.userID, amount: Won(try required(amount, "amount")))
        let answer = await engine.submit(
            Submission(.command(.charge(command)), idempotency: idempotency) { outcome in
                guard case .charged(let transfer) = outcome else { preconditionFailure("a charge that did not charge") }
                return EncodedAnswer(status: 201, body: transfer.chargeJSON)
            })
        return try .answer(answer)
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
                    json.field("balance", transfer.balance)
                    json.key("paymentId")
                    if let payment = transfer.paymentID { json.value(payment) } else { json.null() }
                    json.field("createdAt", transfer.at)
                }
            })
    }
}

extension Transfer {
    fileprivate var chargeJSON: [UInt8] {
        JSONWriter.object(capacity: 160) { json in
            json.field("transactionId", id)
            json.field("status", "CAPTURED")
            json.field("amount", amount)
            json.field("balance", balance)
        }
    }
}
