internal import Crypto
internal import Domain
internal import Engine
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Ports

/// Holding seats, looking at reservations, giving seats back.
struct ReservationRoutes: Sendable {
    /// Seats of one request. What one fan may have of a date is the date's own limit.
    static let seatCounts = 1...50
    /// How long a gate stays closed behind a fan. The rush for a seat is over by then; and seats whose gate was closed
    /// by a process that died are not kept from others for as long as a hold.
    private static let gateSecondsMax = 30

    let engine: Engine
    let store: any Store
    let room: any WaitingRoom
    let gate: any SeatGate
    let queueTokens: QueueTokens
    let access: Access
    let clock: any WallClock
    let holdSeconds: Int
    let refusals: RefusalBook

    init(_ parts: APIDependencies) {
        engine = parts.engine
        store = parts.store
        room = parts.room
        gate = parts.gate
        queueTokens = parts.queueTokens
        access = parts.access
        clock = parts.clock
        holdSeconds = parts.holdSeconds
        refusals = parts.refusals
    }

    /// `POST /reservations`.
    func hold(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.user(request, context, .write)
        let body = try await request.jsonBody()
        let wish = try HoldWish(reading: body)
        let idempotency = try access.idempotency(request, user: identity.userID, route: "hold", body: body)
        do {
            return try await hold(wish, request, by: identity, idempotency)
        } catch let problem as Problem {
            if problem.code.isAboutTheSale { refusals.note(problem.code, of: wish.dateID, at: clock.now()) }
            throw problem
        }
    }

    private func hold(_ wish: HoldWish, _ request: Request, by identity: Identity, _ idempotency: Idempotency)
        async throws -> Response
    {
        let now = clock.now()
        if let obstacle = try await obstacle(to: wish, request, of: identity.userID, now: now) {
            // A copy of a request that was answered gets that answer, also when its stay or its seats are gone since.
            if let first = try await store.answer(idempotency, at: now) { return try .answer(first) }
            throw obstacle
        }
        let answer = await engine.submit(.hold(wish.work(for: identity.userID, holdSeconds: holdSeconds), idempotency))
        if case .seats(let seats) = wish.choice {
            // Only a new hold keeps the gate closed. Behind a copy's answer the seats may long be free again.
            if case .done(_, isReplay: false) = answer {
            } else {
                await gate.open(seats, on: wish.dateID, for: identity.userID)
            }
        }
        return try .answer(answer)
    }

    /// What keeps a wish from being worth a claim: no admission, or somebody else at the same seats.
    private func obstacle(to wish: HoldWish, _ request: Request, of fan: UserID, now: Timestamp) async throws
        -> Problem?
    {
        do {
            try await checkAdmission(request, of: fan, to: wish.dateID, now: now)
        } catch let problem as Problem {
            return problem
        }
        guard case .seats(let seats) = wish.choice else { return nil }
        let taken = await gate.close(
            seats, on: wish.dateID, for: fan, until: now.adding(seconds: min(holdSeconds, Self.gateSecondsMax)),
            now: now)
        return taken.isEmpty ? nil : Problem(Refusal.seatTaken(taken))
    }

    /// `GET /reservations`.
    func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.user(request, context, .read)
        let page = try request.page(of: Reservation.self)
        let found = try await store.reservations(of: identity.userID, before: page.before, limit: page.limit)
        let now = clock.now()
        return .json(
            JSONWriter.list(found, limit: page.limit, id: \.id) { json, reservation in
                json.reservation(reservation, at: now)
            })
    }

    /// `GET /reservations/{id}`.
    func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.user(request, context, .read)
        guard let reservation = try await store.reservation(context.id()),
            reservation.userID == identity.userID || identity.role.isStaff
        else { throw Problem.notFound }
        // The one that took the money; else the newest, which a fan may still be on the way to pay.
        let payments = try await store.payments(of: reservation.id)
        let payment = payments.last { $0.status.isCaptured } ?? payments.last
        let now = clock.now()
        return .json(
            JSONWriter.object { json in
                json.fields(of: reservation, at: now)
                json.key("paymentId")
                if let payment { json.value(payment.id) } else { json.null() }
            })
    }

    /// `DELETE /reservations/{id}`: gives the seats back.
    func release(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.user(request, context, .write)
        let command = ReleaseHold(userID: identity.userID, reservationID: try context.id())
        let answer = await engine.submit(
            Submission(.command(.release(command)), idempotency: nil) { outcome in
                guard case .released(let reservation) = outcome else {
                    preconditionFailure("a release that did not release")
                }
                return EncodedAnswer(status: 200, body: reservation.json(at: reservation.createdAt))
            })
        if case .done = answer, let over = try await store.reservation(command.reservationID) {
            await gate.open(over.seats.map(\.id), on: over.dateID, for: identity.userID)
        }
        return try .answer(answer)
    }

    /// A fan is admitted while inside the room of the date, and shows it by the queue token. When the room cannot be
    /// asked, or has forgotten who was inside and lets the fan wait again, what the token says holds: those who were
    /// let in go on buying.
    private func checkAdmission(_ request: Request, of fan: UserID, to date: DateID, now: Timestamp) async throws {
        guard let token = request.headers[.queueToken].flatMap({ queueTokens.read($0, now: now) }),
            token.userID == fan, token.dateID == date
        else { throw Problem.queueTokenInvalid }
        let place: QueuePlace?
        do throws(Fault) {
            if try await room.isActive(fan, on: date, now: now) { return }
            place = try await room.place(of: fan, on: date, bringing: token.number, now: now)
        } catch {
            guard token.isActive(at: now) else { throw error }
            return
        }
        guard let place else { throw Problem.queueTokenInvalid }
        guard place.status == .active || token.isActive(at: now) else { throw Problem(Refusal.notAdmitted) }
    }
}

extension Problem.Code {
    /// What staff can do something about, or want to know of: not that a request was malformed or the server was down.
    fileprivate var isAboutTheSale: Bool {
        switch self {
        case .saleClosed, .seatTaken, .noSeatsLeft, .tooManySeats, .notAdmitted, .queueTokenInvalid: true
        default: false
        }
    }
}

extension Submission {
    fileprivate static func hold(_ work: Work, _ idempotency: Idempotency) -> Submission {
        Submission(work, idempotency: idempotency) { outcome in
            guard case .held(let reservation) = outcome else { preconditionFailure("a hold that did not hold") }
            return EncodedAnswer(status: 201, body: reservation.json(at: reservation.createdAt))
        }
    }
}

/// What a fan asks to hold.
private struct HoldWish {
    enum Choice {
        case seats([SeatID])
        case bestAvailable(grade: String, count: Int)
    }

    let dateID: DateID
    let choice: Choice

    init(reading body: ByteBuffer) throws {
        var date: DateID?
        var seats: [SeatID]?
        var best: (grade: String, count: Int)?
        try body.readJSON { field, json throws(InvalidRequest) in
            switch field {
            case "dateId": date = try json.id()
            case "seatIds": seats = try Self.seats(&json)
            case "bestAvailable": best = try Self.best(&json)
            default: throw JSONReader.unknownField()
            }
        }
        dateID = try required(date, "dateId")
        switch (seats, best) {
        case (let seats?, nil): choice = .seats(seats)
        case (nil, let best?): choice = .bestAvailable(grade: best.grade, count: best.count)
        default:
            throw Problem(
                InvalidRequest(
                    ko: "seatIds와 bestAvailable 중 하나만 보내 주세요.", en: "Send either seatIds or bestAvailable."))
        }
    }

    func work(for fan: UserID, holdSeconds: Int) -> Submission.Work {
        switch choice {
        case .seats(let seats):
            .command(.hold(HoldSeats(userID: fan, dateID: dateID, choice: .seats(seats), holdSeconds: holdSeconds)))
        case .bestAvailable(let grade, let count):
            .bestAvailable(
                BestAvailable(userID: fan, dateID: dateID, grade: grade, count: count, holdSeconds: holdSeconds))
        }
    }

    private static func seats(_ json: inout JSONReader) throws(InvalidRequest) -> [SeatID] {
        var seats: [SeatID] = []
        try json.array(maxCount: ReservationRoutes.seatCounts.upperBound) { json throws(InvalidRequest) in
            let seat: SeatID = try json.id()
            guard !seats.contains(seat) else {
                throw InvalidRequest(ko: "같은 좌석이 두 번 있습니다.", en: "The same seat occurs twice.")
            }
            seats.append(seat)
        }
        guard !seats.isEmpty else {
            throw InvalidRequest(ko: "좌석을 하나 이상 골라 주세요.", en: "Choose at least one seat.")
        }
        return seats
    }

    private static func best(_ json: inout JSONReader) throws(InvalidRequest) -> (grade: String, count: Int) {
        var grade: String?
        var count: Int?
        try json.object { field, json throws(InvalidRequest) in
            switch field {
            case "grade": grade = try json.string(minLength: 1, maxLength: 40)
            case "count": count = try json.integer(in: ReservationRoutes.seatCounts)
            default: throw JSONReader.unknownField()
            }
        }
        guard let grade else { throw InvalidRequest.missing("grade") }
        guard let count else { throw InvalidRequest.missing("count") }
        return (grade, count)
    }
}

extension Reservation {
    func json(at now: Timestamp) -> [UInt8] {
        var json = JSONWriter(capacity: 320 + seats.count * 160)
        json.reservation(self, at: now)
        return json.bytes
    }
}

extension JSONWriter {
    /// A hold whose deadline has passed is shown as expired, swept or not.
    mutating func reservation(_ reservation: Reservation, at now: Timestamp) {
        object { $0.fields(of: reservation, at: now) }
    }

    /// What fans and staff both see.
    mutating func fields(of reservation: Reservation, at now: Timestamp) {
        field("id", reservation.id)
        field("dateId", reservation.dateID)
        let isOverdue = reservation.status == .pending && reservation.expiresAt <= now
        field("status", (isOverdue ? .expired : reservation.status).rawValue)
        key("seats")
        array(reservation.seats) { $0.seat($1) }
        field("amount", reservation.amount)
        field("expiresAt", reservation.expiresAt)
        field("createdAt", reservation.createdAt)
    }

    mutating func seat(_ seat: ReservedSeat) {
        object { json in
            json.field("id", seat.id)
            json.field("section", seat.label.section)
            json.field("row", seat.label.row)
            json.field("number", seat.label.number)
            json.field("grade", seat.grade)
            json.field("price", seat.price)
        }
    }
}
