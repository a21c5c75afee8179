public import Domain
internal import GRDB
public import Ports

enum ReservationStatement: String, StatementSet {
    case byID = """
        SELECT id, date_id, user_id, status, seat_count, amount, expires_at, created_at, version
        FROM reservations WHERE id = ?
        """
    case pageOfUser = """
        SELECT id, date_id, user_id, status, seat_count, amount, expires_at, created_at, version
        FROM reservations
        WHERE id IN (SELECT id FROM reservations WHERE user_id = ? AND id < ? ORDER BY id DESC LIMIT ?)
        ORDER BY id DESC
        """
    /// What the limit of seats per fan counts: docs/adr/0004-claims-are-live-reservations.md.
    case claims = """
        SELECT id, status, seat_count, expires_at FROM reservations
        WHERE user_id = ? AND date_id = ? AND is_over = 0
        """
    case overdue = """
        SELECT id, user_id FROM reservations
        WHERE status IN ('PENDING', 'CONFIRMED') AND expires_at <= ? ORDER BY expires_at, id LIMIT ?
        """
    case insert = """
        INSERT INTO reservations
            (id, date_id, user_id, status, seat_count, amount, expires_at, created_at, version, is_over)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    case update = """
        UPDATE reservations SET status = ?, seat_count = ?, expires_at = ?, version = ?, is_over = ? WHERE id = ?
        """
    case insertSeat = """
        INSERT INTO reservation_seats (reservation_id, seat_id, fence, grade, grade_name, price)
        VALUES (?, ?, ?, ?, ?, ?)
        """
    /// A seat that was taken again after its hold had gone.
    case updateFence = "UPDATE reservation_seats SET fence = ? WHERE reservation_id = ? AND seat_id = ?"
    case seats = """
        SELECT s.id, s.section, s.row, s.number, r.grade_name, r.grade, r.price, r.fence
        FROM reservation_seats AS r JOIN seats AS s ON s.id = r.seat_id
        WHERE r.reservation_id = ? ORDER BY r.seat_id
        """
}

extension Reservation {
    /// The row alone: its seats are read by ``ReservationStatement/seats``.
    init(_ row: Columns) throws {
        self.init(
            id: try row.id(0), dateID: try row.id(1), userID: try row.id(2), status: try row.word(3), seats: [],
            seatCount: row.int(4), amount: row.won(5), expiresAt: row.time(6), createdAt: row.time(7),
            version: row.int(8))
    }

    static func read(_ id: ReservationID, on db: Database) throws -> Reservation? {
        let found = try PreparedStatement(ReservationStatement.byID, on: db).first(id) { try Reservation($0) }
        guard var reservation = found else { return nil }
        reservation.seats = try PreparedStatement(ReservationStatement.seats, on: db).all(id) { try ReservedSeat($0) }
        return reservation
    }
}

extension ReservedSeat {
    /// - Parameter first: Where the eight columns begin.
    init(_ row: Columns, from first: CInt = 0) throws {
        self.init(
            id: try row.id(first),
            label: SeatLabel(section: row.text(first + 1), row: row.text(first + 2), number: row.text(first + 3)),
            grade: row.text(first + 4), gradeIndex: row.int(first + 5), price: row.won(first + 6),
            fence: row.integer(first + 7))
    }
}

extension Claim {
    init(_ row: Columns) throws {
        self.init(
            reservationID: try row.id(0), status: try row.word(1), seatCount: row.int(2), expiresAt: row.time(3))
    }
}

extension SQLiteStore {
    public func reservation(_ id: ReservationID) async throws(Fault) -> Reservation? {
        try await read("read a reservation") { db in try Reservation.read(id, on: db) }
    }

    public func reservations(of user: UserID, before: ReservationID?, limit: Int) async throws(Fault) -> [Reservation] {
        try await read("list reservations") { db in
            var page = try PreparedStatement(ReservationStatement.pageOfUser, on: db)
                .all(user, before ?? .greatest, limit) { try Reservation($0) }
            let seats = try PreparedStatement(ReservationStatement.seats, on: db)
            for index in page.indices {
                page[index].seats = try seats.all(page[index].id) { try ReservedSeat($0) }
            }
            return page
        }
    }

    public func overdueHolds(limit: Int) async throws(Fault) -> [ExpireHold] {
        let now = clock.now()
        return try await read("find overdue holds") { db in
            try PreparedStatement(ReservationStatement.overdue, on: db).all(now, limit) { row in
                ExpireHold(reservationID: try row.id(0), ownerID: try row.id(1))
            }
        }
    }
}
