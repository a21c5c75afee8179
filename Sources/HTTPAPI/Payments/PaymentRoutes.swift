internal import Domain
internal import Engine
internal import Hummingbird
internal import Ports

/// Paying and refunding.
struct PaymentRoutes: Sendable {
    private static let ticketCountMax = 50
    private static let reasonLengthMax = 200

    let engine: Engine
    let store: any Store
    let gate: any SeatGate
    let access: Access
    let clock: any WallClock

    init(_ parts: APIDependencies) {
        engine = parts.engine
        store = parts.store
        gate = parts.gate
        access = parts.access
        clock = parts.clock
    }

    /// `POST /reservations/{id}/payments`. With points only, the money is taken and the tickets are there at once.
    func pay(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.user(request, context, .write)
        let reservation = try context.id(of: Reservation.self)
        var method: Payment.Method?
        let body = try await request.readJSON { field, json throws(InvalidRequest) in
            switch field {
            case "method": method = try Self.method(&json)
            case "points": _ = try json.integer(in: 1...Won.max.amount)
            default: throw JSONReader.unknownField()
            }
        }
        guard try required(method, "method") == .points else {
            throw Problem(
                .paymentMethodUnavailable, ko: "지금은 포인트로만 결제할 수 있습니다.", en: "Only points can be used to pay for now.")
        }
        let idempotency = try access.idempotency(
            request, user: identity.userID, route: "pay \(reservation)", body: body)
        let command = PayWithPoints(userID: identity.userID, reservationID: reservation)
        return try .answer(
            await engine.submit(Submission(.command(.pay(command)), idempotency: idempotency) { $0.payment }))
    }

    /// `GET /payments/{id}`.
    func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.user(request, context, .read)
        let payment = try await own(context, identity)
        let tickets = try await store.tickets(of: payment.reservationID)
        return .json(payment.json(tickets: tickets.map(\.id)))
    }

    /// `POST /payments/{id}/refunds`: the fan's own until the date starts, any for staff.
    func refund(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.user(request, context, .write)
        var tickets: [TicketID]?
        var reason: String?
        let body = try await request.readJSON { field, json throws(InvalidRequest) in
            switch field {
            case "ticketIds": tickets = try Self.tickets(&json)
            case "reason": reason = try json.string(maxLength: Self.reasonLengthMax)
            default: throw JSONReader.unknownField()
            }
        }
        let payment = try await own(context, identity)
        let idempotency = try access.idempotency(
            request, user: identity.userID, route: "refund \(payment.id)", body: body)
        if let first = try await store.answer(idempotency, at: clock.now()) { return try .answer(first) }
        if !identity.role.isStaff { try await checkNotStarted(payment) }
        let command = RefundPayment(
            ownerID: payment.userID, paymentID: payment.id, ticketIDs: tickets,
            staff: identity.role.isStaff ? (identity.userID, reason) : nil)
        let answer = await engine.submit(
            Submission(.command(.refund(command)), idempotency: idempotency) { $0.payment })
        if case .done = answer, let reservation = try await store.reservation(payment.reservationID) {
            await gate.open(reservation.seats.map(\.id), on: reservation.dateID, for: payment.userID)
        }
        return try .answer(answer)
    }

    private func own(_ context: APIContext, _ identity: Identity) async throws -> Payment {
        guard let payment = try await store.payment(context.id()),
            payment.userID == identity.userID || identity.role.isStaff
        else { throw Problem.notFound }
        return payment
    }

    private func checkNotStarted(_ payment: Payment) async throws {
        guard let reservation = try await store.reservation(payment.reservationID),
            let date = try await store.date(reservation.dateID)
        else { throw Problem.notFound }
        guard clock.now() < date.startsAt else { throw Problem(Refusal.wrongState) }
    }

    private static func method(_ json: inout JSONReader) throws(InvalidRequest) -> Payment.Method {
        guard let method = Payment.Method(rawValue: try json.string(maxLength: 20)) else {
            throw InvalidRequest(
                ko: "POINTS, CARD, MIXED 중 하나여야 합니다.", en: "It must be POINTS, CARD or MIXED.")
        }
        return method
    }

    private static func tickets(_ json: inout JSONReader) throws(InvalidRequest) -> [TicketID] {
        var tickets: [TicketID] = []
        try json.array(maxCount: ticketCountMax) { json throws(InvalidRequest) in
            let ticket: TicketID = try json.id()
            guard !tickets.contains(ticket) else {
                throw InvalidRequest(ko: "같은 티켓이 두 번 있습니다.", en: "The same ticket occurs twice.")
            }
            tickets.append(ticket)
        }
        guard !tickets.isEmpty else {
            throw InvalidRequest(
                ko: "티켓을 하나 이상 고르거나, 모두 환불하려면 이 필드를 빼 주세요.",
                en: "Name at least one ticket, or leave the field out to refund all.")
        }
        return tickets
    }
}

extension Outcome {
    fileprivate var payment: EncodedAnswer {
        switch self {
        case .paid(let payment, let tickets), .refunded(let payment, let tickets):
            EncodedAnswer(status: 201, body: payment.json(tickets: tickets.map(\.id)))
        default: preconditionFailure("a payment that did not pay")
        }
    }
}

extension Payment {
    /// - Parameter tickets: Those that were issued or voided by this.
    fileprivate func json(tickets: [TicketID]) -> [UInt8] {
        JSONWriter.object { json in
            json.field("id", id)
            json.field("reservationId", reservationID)
            json.field("method", method.rawValue)
            json.field("status", status.rawValue)
            json.field("amount", amount)
            json.field("refunded", refunded)
            json.key("tickets")
            json.array(tickets) { $0.value($1) }
            json.field("createdAt", createdAt)
        }
    }
}
