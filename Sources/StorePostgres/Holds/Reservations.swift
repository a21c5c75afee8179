public import Domain
public import Ports

enum ReservationStatement: String, StatementSet {
    /// Those asked for, and those of the payments asked for.
    case lock = """
        SELECT id, date_id, user_id, status, seat_count, amount, expires_at, created_at, version
        FROM reservations
        WHERE id IN (SELECT unnest($1) UNION SELECT p.reservation_id FROM payments AS p WHERE p.id = ANY ($2))
        ORDER BY id FOR NO KEY UPDATE
        """
    /// The seats of the same reservations, which only change with them: read after they were locked, so none is missing.
    case seatsOfLocked = """
        SELECT s.id, s.section, s.row, s.number, r.grade_name, r.grade, r.price, r.fence, r.reservation_id
        FROM reservation_seats AS r JOIN seats AS s ON s.id = r.seat_id
        WHERE r.reservation_id IN
            (SELECT unnest($1) UNION SELECT p.reservation_id FROM payments AS p WHERE p.id = ANY ($2))
        ORDER BY r.reservation_id, r.seat_id
        """
    case byID = """
        SELECT id, date_id, user_id, status, seat_count, amount, expires_at, created_at, version
        FROM reservations WHERE id = $1
        """
    case seats = """
        SELECT s.id, s.section, s.row, s.number, r.grade_name, r.grade, r.price, r.fence, r.reservation_id
        FROM reservation_seats AS r JOIN seats AS s ON s.id = r.seat_id
        WHERE r.reservation_id = $1 ORDER BY r.seat_id
        """
    case pageOfUser = """
        SELECT id, date_id, user_id, status, seat_count, amount, expires_at, created_at, version
        FROM reservations WHERE user_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3
        """
    case seatsOfPage = """
        SELECT s.id, s.section, s.row, s.number, r.grade_name, r.grade, r.price, r.fence, r.reservation_id
        FROM reservation_seats AS r JOIN seats AS s ON s.id = r.seat_id
        WHERE r.reservation_id IN
            (SELECT v.id FROM reservations AS v WHERE v.user_id = $1 AND v.id < $2 ORDER BY v.id DESC LIMIT $3)
        ORDER BY r.reservation_id, r.seat_id
        """
    /// What the limit of seats per fan counts: docs/adr/0004-claims-are-live-reservations.md.
    case claims = """
        SELECT r.id, r.status, r.seat_count, r.expires_at, r.user_id, r.date_id
        FROM unnest($1, $2) AS fan (user_id, date_id)
            JOIN reservations AS r ON r.user_id = fan.user_id AND r.date_id = fan.date_id AND NOT r.is_over
        """
    case overdue = """
        SELECT id, user_id FROM reservations
        WHERE status IN ('PENDING', 'CONFIRMED') AND expires_at <= $1 ORDER BY expires_at, id LIMIT $2
        """
    case insert = """
        INSERT INTO reservations
            (id, date_id, user_id, status, seat_count, amount, expires_at, created_at, version, is_over)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """
    case insertSeats = """
        INSERT INTO reservation_seats (reservation_id, seat_id, fence, grade, grade_name, price)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6)
        """
    /// Of seats that were taken again after their hold had gone.
    case updateFences = """
        UPDATE reservation_seats AS r SET fence = new.fence
        FROM unnest($1, $2, $3) AS new (reservation_id, seat_id, fence)
        WHERE r.reservation_id = new.reservation_id AND r.seat_id = new.seat_id
        """
    case update = """
        UPDATE reservations AS r
        SET status = new.status, seat_count = new.seat_count, expires_at = new.expires_at, version = new.version,
            is_over = new.is_over
        FROM unnest($1, $2, $3, $4, $5, $6) AS new (id, status, seat_count, expires_at, version, is_over)
        WHERE r.id = new.id
        """
}

extension Reservation {
    /// The row alone: its seats are read by ``ReservationStatement/seats``.
    init(_ row: Columns) throws {
        self.init(
            id: try row.id(0), dateID: try row.id(1), userID: try row.id(2), status: try row.word(3), seats: [],
            seatCount: try row.int(4), amount: try row.won(5), expiresAt: try row.time(6), createdAt: try row.time(7),
            version: try row.int(8))
    }

    /// Reservations with their seats, from two results.
    static func joined(_ rows: QueryResult, seats: QueryResult) throws -> [Reservation] {
        var ofReservation: [ReservationID: [ReservedSeat]] = [:]
        try seats.each { row in ofReservation[try row.id(8), default: []].append(try ReservedSeat(row)) }
        return try rows.all { row in
            var reservation = try Reservation(row)
            reservation.seats = ofReservation[reservation.id] ?? []
            return reservation
        }
    }

    static func insert(_ rows: [Reservation]) -> Request {
        Request(
            ReservationStatement.insert, Column(rows) { $0.id }, Column(rows) { $0.dateID }, Column(rows) { $0.userID },
            Column(rows) { $0.status }, Column(rows) { $0.seatCount }, Column(rows) { $0.amount },
            Column(rows) { $0.expiresAt }, Column(rows) { $0.createdAt }, Column(rows) { $0.version },
            Column(rows) { $0.status.isOver })
    }

    static func insertSeats(of rows: [Reservation]) -> Request {
        let seats = rows.flatMap { reservation in reservation.seats.map { (reservation.id, $0) } }
        return Request(
            ReservationStatement.insertSeats, Column(seats) { $0.0 }, Column(seats) { $0.1.id },
            Column(seats) { $0.1.fence }, Column(seats) { $0.1.gradeIndex }, Column(seats) { $0.1.grade },
            Column(seats) { $0.1.price })
    }

    static func updateFences(of rows: [Reservation]) -> Request {
        let seats = rows.flatMap { reservation in reservation.seats.map { (reservation.id, $0) } }
        return Request(
            ReservationStatement.updateFences, Column(seats) { $0.0 }, Column(seats) { $0.1.id },
            Column(seats) { $0.1.fence })
    }

    static func update(_ rows: [Reservation]) -> Request {
        Request(
            ReservationStatement.update, Column(rows) { $0.id }, Column(rows) { $0.status },
            Column(rows) { $0.seatCount }, Column(rows) { $0.expiresAt }, Column(rows) { $0.version },
            Column(rows) { $0.status.isOver })
    }
}

extension ReservedSeat {
    /// Of the first eight columns.
    init(_ row: Columns) throws {
        self.init(
            id: try row.id(0), label: SeatLabel(section: row.text(1), row: row.text(2), number: row.text(3)),
            grade: row.text(4), gradeIndex: try row.int(5), price: try row.won(6), fence: try row.integer(7))
    }
}

extension Claim {
    init(_ row: Columns) throws {
        self.init(
            reservationID: try row.id(0), status: try row.word(1), seatCount: try row.int(2),
            expiresAt: try row.time(3))
    }
}

extension PostgresStore {
    public func reservation(_ id: ReservationID) async throws(Fault) -> Reservation? {
        try await read("read a reservation") { db in
            let results = try db.snapshot([
                Request(ReservationStatement.byID, id), Request(ReservationStatement.seats, id),
            ])
            return try Reservation.joined(results[0], seats: results[1]).first
        }
    }

    public func reservations(of user: UserID, before: ReservationID?, limit: Int) async throws(Fault) -> [Reservation] {
        try await read("list reservations") { db in
            let results = try db.snapshot([
                Request(ReservationStatement.pageOfUser, user, before ?? .greatest, limit),
                Request(ReservationStatement.seatsOfPage, user, before ?? .greatest, limit),
            ])
            return try Reservation.joined(results[0], seats: results[1])
        }
    }

    public func overdueHolds(limit: Int) async throws(Fault) -> [ExpireHold] {
        try await read("find overdue holds") { db in
            try db.run(Request(ReservationStatement.overdue, try self.moment(0, agoOn: db), limit)).all { row in
                ExpireHold(reservationID: try row.id(0), ownerID: try row.id(1))
            }
        }
    }
}
