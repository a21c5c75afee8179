internal import Domain
internal import Engine
internal import HTTPTypes
internal import Hummingbird
internal import Ports

/// Paying.
struct PaymentRoutes: Sendable {
    let engine: Engine
    let store: any Store
    let desk: PaymentDesk
    let access: Access
    let clock: any WallClock

    init(_ parts: APIDependencies) {
        engine = parts.engine
        store = parts.store
        desk = parts.payments
        access = parts.access
        clock = parts.clock
    }

    /// `POST /reservations/{id}/payments`. With points only, the money is taken and the tickets are there at once; with a
    /// card, the fan is told where to pay.
    func pay(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.user(request, context, .write)
        let reservation = try context.id(of: Reservation.self)
        var method: Payment.Method?
        var points: Int64?
        let body = try await request.readJSON { field, json throws(InvalidRequest) in
            switch field {
            case "method": method = try Self.method(&json)
            case "points": points = try json.integer(in: 1...Won.max.amount)
            default: throw JSONReader.unknownField()
            }
        }
        let chosen = try required(method, "method")
        let command: Command
        switch chosen {
        case .points: command = .pay(PayWithPoints(userID: identity.userID, reservationID: reservation))
        case .card, .mixed:
            if chosen == .card, points != nil {
                throw Problem(
                    InvalidRequest(
                        "points", ko: "CARD에는 포인트를 쓰지 않습니다. 함께 쓰려면 MIXED를 고르세요.",
                        en: "CARD uses no points. To use both, choose MIXED."))
            }
            command = .requestPayment(
                RequestPayment(
                    userID: identity.userID, reservationID: reservation,
                    points: Won(chosen == .mixed ? try required(points, "points") : 0), policy: desk.policy))
        }
        let idempotency = try access.idempotency(
            request, user: identity.userID, route: "pay \(reservation)", body: body)
        // What the fan reads on the gateway's page. Points need no page.
        let title = chosen == .points ? "" : try await title(of: reservation, for: request.language)
        return try .answer(
            await engine.submit(
                Submission(.command(command), idempotency: idempotency) { [desk] outcome in
                    outcome.paymentAnswer { desk.checkoutURL(for: $0, title: title) }
                }))
    }

    /// `POST /payments/{id}/confirm`: the browser is back from the gateway's page.
    func confirm(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.user(request, context, .write)
        let payment = try context.id(of: Payment.self)
        var key: String?
        var order: String?
        var amount: Int64?
        let body = try await request.readJSON { field, json throws(InvalidRequest) in
            switch field {
            case "paymentKey": key = try json.paymentKey()
            case "orderId": order = try json.string(minLength: 1, maxLength: 64)
            case "amount": amount = try json.integer(in: 0...Won.max.amount)
            default: throw JSONReader.unknownField()
            }
        }
        let paymentKey = try required(key, "paymentKey")
        let idempotency = try access.idempotency(
            request, user: identity.userID, route: "confirm \(payment)", body: body)
        if let first = try await store.answer(idempotency, at: clock.now()) { return try .answer(first) }
        if let order, PaymentID(order) != payment { throw Problem.orderMismatch }
        let answer = await desk.confirm(
            payment, of: identity.userID, paymentKey: paymentKey, amount: amount.map { Won($0) },
            idempotency: idempotency
        ) { $0.paymentAnswer() }
        // A copy of this request may have been answered meanwhile.
        if case .refused = answer, let first = try await store.answer(idempotency, at: clock.now()) {
            return try .answer(first)
        }
        return try .answer(answer)
    }

    /// `GET /payments/{id}`.
    func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.user(request, context, .read)
        let payment = try await store.ownPayment(context.id(), of: identity)
        var tickets: [Ticket] = []
        var url: String?
        if let reservation = payment.reservationID {
            if payment.boughtTickets {
                tickets = try await store.tickets(of: reservation)
            }
            if payment.status == .requested {
                url = desk.checkoutURL(for: payment, title: try await title(of: reservation, for: request.language))
            }
        } else if payment.status == .requested {
            url = desk.checkoutURL(for: payment, title: PointsRoutes.chargeTitle[request.language])
        }
        let refunds = payment.card > .zero && payment.refunded > .zero ? try await store.refunds(of: payment.id) : []
        return .json(
            payment.json(
                tickets: tickets.map(\.id), checkoutURL: url, refunds: refunds,
                withReasons: identity.role.isStaff ? tickets : nil))
    }

    /// The concert's title, as it stands on the gateway's page and on a card's statement.
    private func title(of id: ReservationID, for language: Language) async throws -> String {
        guard let reservation = try await store.reservation(id), let date = try await store.date(reservation.dateID),
            let concert = try await store.concert(date.concertID)
        else { return "Jari" }
        return String(concert.title[language].prefix(100))
    }

    private static func method(_ json: inout JSONReader) throws(InvalidRequest) -> Payment.Method {
        guard let method = Payment.Method(rawValue: try json.string(maxLength: 20)) else {
            throw InvalidRequest(
                ko: "POINTS, CARD, MIXED 중 하나여야 합니다.", en: "It must be POINTS, CARD or MIXED.")
        }
        return method
    }
}

extension Problem {
    fileprivate static let orderMismatch = Problem(
        .orderMismatch, ko: "orderId가 이 결제의 번호와 다릅니다. 결제창에서 돌아온 결제를 확인해 주세요.",
        en: "The orderId is not this payment's id. Confirm the payment that the page came back from.")
}

extension SalesReader {
    /// A payment that is the user's own; staff see all.
    func ownPayment(_ id: PaymentID, of identity: Identity) async throws -> Payment {
        guard let payment = try await payment(id), payment.userID == identity.userID || identity.role.isStaff else {
            throw Problem.notFound
        }
        return payment
    }
}

extension JSONReader {
    /// What a gateway calls a payment.
    mutating func paymentKey() throws(InvalidRequest) -> String {
        let text = try string(minLength: 1, maxLength: BeginCapture.keyLengthMax)
        guard BeginCapture.isKey(text) else {
            throw InvalidRequest(ko: "결제창에서 받은 값을 그대로 보내 주세요.", en: "Send it as the payment page gave it.")
        }
        return text
    }
}
