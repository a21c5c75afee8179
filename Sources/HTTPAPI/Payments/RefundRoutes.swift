internal import Domain
internal import Engine
internal import Hummingbird
internal import Ports

/// Giving money back.
struct RefundRoutes: Sendable {
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
        let payment = try await store.ownPayment(context.id(), of: identity)
        let idempotency = try access.idempotency(
            request, user: identity.userID, route: "refund \(payment.id)", body: body)
        if let first = try await store.answer(idempotency, at: clock.now()) { return try .answer(first) }
        if !identity.role.isStaff { try await checkNotStarted(payment) }
        let command = RefundPayment(
            ownerID: payment.userID, paymentID: payment.id, ticketIDs: tickets, reason: reason,
            staffID: identity.role.isStaff ? identity.userID : nil)
        let answer = await engine.submit(
            Submission(.command(.refund(command)), idempotency: idempotency) { $0.paymentAnswer() })
        if case .done = answer, let reservation = try await reservation(of: payment) {
            await gate.open(reservation.seats.map(\.id), on: reservation.dateID, for: payment.userID)
        }
        return try .answer(answer)
    }

    private func checkNotStarted(_ payment: Payment) async throws {
        guard let reservation = try await reservation(of: payment) else { throw Problem(Refusal.wrongState) }
        guard let date = try await store.date(reservation.dateID) else { throw Problem.notFound }
        guard clock.now() < date.startsAt else { throw Problem(Refusal.wrongState) }
    }

    /// Nil for a charge of points.
    private func reservation(of payment: Payment) async throws -> Reservation? {
        guard let id = payment.reservationID else { return nil }
        return try await store.reservation(id)
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
