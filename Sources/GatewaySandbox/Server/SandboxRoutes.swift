internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore

/// The table of the sandbox's calls: Toss' API under `/v1`, the page, and what tests and operators need besides.
struct SandboxRoutes: Sendable {
    /// Longer bodies are refused; a confirmation has some 300 bytes.
    private static let bodyByteCountMax = 64 * 1024
    private static let pageLengthMax = 5_000
    private static let entriesMax = 100_000

    let bank: Bank
    let secretKey: String
    let logger: Logger

    var router: Router<BasicRequestContext> {
        let router = Router()
        CheckoutRoutes(bank: bank).add(to: router)

        router.post("v1/payments/confirm") { request, _ in await api(request) { try await confirm($0) } }
        router.get("v1/payments/:key") { request, context in
            await api(request) { _ in
                PaymentBody(try await bank.payment(key: try context.parameters.require("key")))
            }
        }
        router.get("v1/payments/orders/:order") { request, context in
            await api(request) { _ in
                PaymentBody(try await bank.payment(orderID: try context.parameters.require("order")))
            }
        }
        router.post("v1/payments/:key/cancel") { request, context in
            await api(request) { try await cancel($0, key: try context.parameters.require("key")) }
        }
        router.get("v1/transactions") { request, _ in await api(request) { try await transactions($0) } }

        router.get("sandbox/faults") { request, _ in
            await api(request) { _ in FaultsBody(faults: bank.dice.faults.description) }
        }
        router.put("sandbox/faults") { request, _ in await setFaults(request) }
        router.get("sandbox/ledger") { request, _ in await api(request) { try await ledger($0) } }
        return router
    }

    // MARK: - Toss' calls

    private func confirm(_ request: Request) async throws -> PaymentBody {
        struct Body: Decodable {
            let paymentKey: String
            let orderId: String
            let amount: Int64
        }
        guard let body = decoded(Body.self, try await bytes(of: request)) else { throw SandboxError.invalidRequest }
        return PaymentBody(
            try await bank.confirm(
                paymentKey: body.paymentKey, orderID: body.orderId, amount: body.amount,
                idempotencyKey: try idempotencyKey(of: request)))
    }

    private func cancel(_ request: Request, key: String) async throws -> PaymentBody {
        struct Body: Decodable {
            let cancelReason: String
            let cancelAmount: Int64?
        }
        guard let body = decoded(Body.self, try await bytes(of: request)), (1...200).contains(body.cancelReason.count)
        else { throw SandboxError.invalidRequest }
        return PaymentBody(
            try await bank.cancel(
                paymentKey: key, amount: body.cancelAmount, reason: body.cancelReason,
                idempotencyKey: try idempotencyKey(of: request)))
    }

    private func transactions(_ request: Request) async throws -> [TransactionBody] {
        let query = request.uri.queryParameters
        let limit = try number(query["limit"], 1...Self.pageLengthMax) ?? 100
        guard let from = query["startDate"].flatMap(seoulMoment), let until = query["endDate"].flatMap(seoulMoment)
        else { throw SandboxError.invalidRequest }
        // The last second that is asked for is meant as a whole.
        let lines = try await bank.lines(
            from: from, until: until.adding(seconds: 1), after: query["startingAfter"].map(String.init), limit: limit)
        return lines.map { TransactionBody($0, $1) }
    }

    // MARK: - What Toss does not have

    private func ledger(_ request: Request) async throws -> LedgerBody {
        let query = request.uri.queryParameters
        let start = try number(query["from"], 0...Int.max) ?? 0
        let limit = try number(query["limit"], 1...Self.entriesMax) ?? Self.entriesMax
        let (page, totals) = try await bank.payments(from: start, limit: limit)
        let end = start + page.count
        return LedgerBody(
            payments: page.map(LedgerEntryBody.init), totals: totals, next: end < totals.payments ? end : nil)
    }

    /// Takes the text of ``SandboxFaults``, or that text as `faults` of an object.
    private func setFaults(_ request: Request) async -> Response {
        struct Body: Decodable {
            let faults: String
        }
        do {
            guard isAuthorized(request.headers[.authorization], secretKey: secretKey) else {
                throw SandboxError.unauthorizedKey
            }
            let bytes = try await bytes(of: request)
            let text = decoded(Body.self, bytes)?.faults ?? String(decoding: bytes, as: UTF8.self)
            bank.dice.faults = try SandboxFaults(text.split(whereSeparator: \.isNewline).joined(separator: ","))
            logger.info("the sandbox's faults are set", metadata: ["faults": "\(bank.dice.faults)"])
            return json(FaultsBody(faults: bank.dice.faults.description), status: 200)
        } catch let mistake as SandboxFaults.Mistake {
            struct MistakeBody: Encodable {
                let code = "INVALID_REQUEST"
                let message: String
            }
            return json(MistakeBody(message: mistake.description), status: 400)
        } catch {
            return answer(error)
        }
    }

    // MARK: - Requests and answers

    private func api(_ request: Request, _ work: (Request) async throws -> some Encodable) async -> Response {
        do {
            guard isAuthorized(request.headers[.authorization], secretKey: secretKey) else {
                throw SandboxError.unauthorizedKey
            }
            return json(try await work(request), status: 200)
        } catch {
            return answer(error)
        }
    }

    private func answer(_ error: any Error) -> Response {
        switch error {
        case let error as SandboxError: return json(ErrorBody(error), status: error.status)
        // By now the caller has long gone; if not, it learns as much as from a broken connection.
        case is Bank.GaveUp, is CancellationError: return json(ErrorBody(.failedInternally), status: 504)
        case let error as HTTPError: return json(ErrorBody(.invalidRequest), status: error.status.code)
        default:
            logger.error("the sandbox failed", metadata: ["error": "\(error)"])
            return json(ErrorBody(.failedInternally), status: 500)
        }
    }

    private func bytes(of request: Request) async throws -> [UInt8] {
        [UInt8](buffer: try await request.body.collect(upTo: Self.bodyByteCountMax))
    }

    private func idempotencyKey(of request: Request) throws(SandboxError) -> String? {
        guard let key = request.headers[.idempotencyKey] else { return nil }
        guard (1...300).contains(key.utf8.count) else { throw .invalidIdempotencyKey }
        return key
    }

    private func number(_ text: Substring?, _ range: ClosedRange<Int>) throws(SandboxError) -> Int? {
        guard let text else { return nil }
        guard let number = Int(text), range.contains(number) else { throw .invalidRequest }
        return number
    }
}

/// `2026-11-25T12:00:00`, with or without decimals, in Seoul; or with a zone of its own.
private func seoulMoment(_ text: Substring) -> Timestamp? {
    Timestamp(String(text)) ?? Timestamp(text + "+09:00")
}

private func json(_ body: some Encodable, status: Int) -> Response {
    Response(
        status: .init(code: status), headers: [.contentType: "application/json; charset=utf-8"],
        body: .init(byteBuffer: ByteBuffer(bytes: encoded(body))))
}

extension HTTPField.Name {
    fileprivate static let idempotencyKey = Self.known("Idempotency-Key")

    static func known(_ name: String) -> Self {
        guard let name = Self(name) else { preconditionFailure("\(name) is no header's name") }
        return name
    }
}
