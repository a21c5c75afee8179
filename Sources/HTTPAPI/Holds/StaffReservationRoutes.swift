internal import Domain
internal import Hummingbird
internal import Ports

/// `/admin/reservations`: what staff need to help a fan on the phone.
struct StaffReservationRoutes: Sendable {
    private static let searchLengthMax = 320

    let store: any Store
    let access: Access
    let signer: TicketSigner
    let clock: any WallClock

    init(_ parts: APIDependencies) {
        store = parts.store
        access = parts.access
        signer = parts.ticketSigner
        clock = parts.clock
    }

    /// `GET /admin/reservations`: of a date, in a state; the newest first.
    func list(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await access.staff(request, context)
        let page = try request.page(of: Reservation.self)
        let filter = ReservationFilter(
            dateID: try request.query("dateId", lengthMax: 36).map { try Self.date($0) },
            status: try request.query("status", lengthMax: 20).map { try Self.status($0) }, now: clock.now())
        return try await found(filter, before: page.before, limit: page.limit)
    }

    /// `POST /admin/reservation-searches`: by email, id or ticket code. It changes nothing; it is a `POST` because an email
    /// is somebody's and a ticket's code lets them in, and addresses are written into logs all along the way.
    func search(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await access.staff(request, context)
        var text: String?
        var filter = ReservationFilter(now: clock.now())
        var limit = Page<Reservation>.standardLimit
        var before: ReservationID?
        _ = try await request.readJSON { field, json throws(InvalidRequest) in
            switch field {
            case "text": text = try json.string(minLength: 1, maxLength: Self.searchLengthMax)
            case "dateId": filter.dateID = try json.id()
            case "status": filter.status = try json.status()
            case "limit": limit = try json.integer(in: Page<Reservation>.limits)
            case "cursor": before = try json.cursor()
            default: throw JSONReader.unknownField()
            }
        }
        switch try await meaning(of: try required(text, "text")) {
        case .nothing: return .json(try await json(of: [], next: nil, at: filter.now))
        case .reservation(let id):
            let reservation = try await store.reservation(id).flatMap { filter.matches($0) ? $0 : nil }
            return .json(try await json(of: reservation.map { [$0] } ?? [], next: nil, at: filter.now))
        case .fan(let id):
            filter.userID = id
            return try await found(filter, before: before, limit: limit)
        }
    }

    private func found(_ filter: ReservationFilter, before: ReservationID?, limit: Int) async throws -> Response {
        let page = try await store.reservations(matching: filter, before: before, limit: limit)
        return .json(try await json(of: page.reservations, next: page.next, at: filter.now))
    }

    /// `GET /admin/reservations/{id}`: with the fan, the payments and the tickets.
    func show(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await access.staff(request, context)
        guard let reservation = try await store.reservation(context.id()) else { throw Problem.notFound }
        let fan = try await store.user(reservation.userID)
        let tickets = try await store.tickets(of: reservation.id)
        var payments: [(payment: Payment, refunds: [Refund])] = []
        for payment in try await store.payments(of: reservation.id) {
            payments.append((payment, try await store.refunds(of: payment.id)))
        }
        let now = clock.now()
        return .json(
            JSONWriter.object { json in
                json.fields(of: reservation, fan: fan, at: now)
                json.key("payments")
                json.array(payments) { json, paid in
                    json.payment(
                        paid.payment, tickets: paid.payment.boughtTickets ? tickets.map(\.id) : [],
                        refunds: paid.refunds)
                }
                json.key("tickets")
                json.array(tickets) { $0.ticket($1, signedBy: signer) }
            })
    }

    // MARK: What was searched for

    /// What an id is of, nobody knows yet.
    private enum Anything {}

    private enum Meaning {
        case reservation(ReservationID)
        case fan(UserID)
        case nothing
    }

    /// An id may be that of a reservation, a payment, a ticket or a fan: staff copy it from wherever they are.
    private func meaning(of text: String) async throws -> Meaning {
        let text = String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        if text.contains("@") {
            return try await store.credentials(email: text.lowercased()).map { .fan($0.user.id) } ?? .nothing
        }
        if let id = ID<Anything>(text) {
            if try await store.reservation(ID(id)) != nil { return .reservation(ID(id)) }
            if let payment = try await store.payment(ID(id)), let reservation = payment.reservationID {
                return .reservation(reservation)
            }
            if let ticket = try await store.ticket(ID(id)) { return .reservation(ticket.reservationID) }
            return try await store.user(ID(id)).map { .fan($0.id) } ?? .nothing
        }
        guard let code = signer.code(in: text), let ticket = try await store.ticket(code.ticketID),
            ticket.code == code
        else { return .nothing }
        return .reservation(ticket.reservationID)
    }

    private static func date(_ text: String) throws -> DateID {
        guard let id = DateID(text) else {
            throw Problem(InvalidRequest("dateId", ko: "UUID여야 합니다.", en: "It must be a UUID."))
        }
        return id
    }

    private static func status(_ text: String) throws -> Reservation.Status {
        guard let status = Reservation.Status(rawValue: text) else { throw Problem(InvalidRequest.status("status")) }
        return status
    }

    private func json(of reservations: [Reservation], next: ReservationID?, at now: Timestamp) async throws -> [UInt8] {
        var fans: [UserID: User] = [:]
        for id in Set(reservations.map(\.userID)) { fans[id] = try await store.user(id) }
        return JSONWriter.object(capacity: 256 + reservations.count * 600) { json in
            json.key("items")
            json.array(reservations) { json, reservation in
                json.object { $0.fields(of: reservation, fan: fans[reservation.userID], at: now) }
            }
            json.field("nextCursor", optional: next.map { Cursor.encode($0) })
        }
    }
}

extension JSONWriter {
    /// As the fan sees it, and whose it is.
    fileprivate mutating func fields(of reservation: Reservation, fan: User?, at now: Timestamp) {
        fields(of: reservation, at: now)
        key("user")
        guard let fan else {
            null()
            return
        }
        object { json in
            json.field("id", fan.id)
            json.field("email", fan.email)
            json.field("name", fan.name)
        }
    }
}

extension InvalidRequest {
    fileprivate static func status(_ field: String? = nil) -> InvalidRequest {
        InvalidRequest(
            field, ko: "PENDING, CONFIRMED, PAID, EXPIRED, CANCELLED, REFUNDED 중 하나여야 합니다.",
            en: "It must be PENDING, CONFIRMED, PAID, EXPIRED, CANCELLED or REFUNDED.")
    }
}

extension JSONReader {
    fileprivate mutating func status() throws(InvalidRequest) -> Reservation.Status {
        guard let status = Reservation.Status(rawValue: try string(maxLength: 20)) else {
            throw InvalidRequest.status()
        }
        return status
    }

    fileprivate mutating func cursor() throws(InvalidRequest) -> ReservationID {
        guard let id = Cursor.decode(try string(maxLength: 64), as: Reservation.self) else {
            throw InvalidRequest(
                ko: "앞 페이지의 nextCursor를 그대로 보내 주세요.", en: "Send nextCursor of the page before, unchanged.")
        }
        return id
    }
}
