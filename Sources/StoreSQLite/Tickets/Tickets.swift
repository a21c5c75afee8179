public import Domain
internal import GRDB
public import Ports

enum TicketStatement: String, StatementSet {
    case byID = """
        SELECT s.id, s.section, s.row, s.number, r.grade_name, r.grade, r.price, r.fence,
            t.id, t.reservation_id, t.date_id, t.user_id, t.secret, t.status, t.used_at, t.used_gate, t.created_at,
            t.refund_reason
        FROM tickets AS t JOIN reservation_seats AS r USING (reservation_id, seat_id) JOIN seats AS s ON s.id = t.seat_id
        WHERE t.id = ?
        """
    case ofReservation = """
        SELECT s.id, s.section, s.row, s.number, r.grade_name, r.grade, r.price, r.fence,
            t.id, t.reservation_id, t.date_id, t.user_id, t.secret, t.status, t.used_at, t.used_gate, t.created_at,
            t.refund_reason
        FROM tickets AS t JOIN reservation_seats AS r USING (reservation_id, seat_id) JOIN seats AS s ON s.id = t.seat_id
        WHERE t.reservation_id = ? ORDER BY t.id
        """
    /// Through the fan's reservations: an index of tickets by user would change one more page at a random place with
    /// every ticket sold, to save sorting the few that a fan has.
    case pageOfUser = """
        SELECT s.id, s.section, s.row, s.number, r.grade_name, r.grade, r.price, r.fence,
            t.id, t.reservation_id, t.date_id, t.user_id, t.secret, t.status, t.used_at, t.used_gate, t.created_at,
            t.refund_reason
        FROM reservations AS v CROSS JOIN tickets AS t ON t.reservation_id = v.id
            JOIN reservation_seats AS r USING (reservation_id, seat_id) JOIN seats AS s ON s.id = t.seat_id
        WHERE v.user_id = ? AND t.id < ? ORDER BY t.id DESC LIMIT ?
        """
    case insert = """
        INSERT INTO tickets
            (id, reservation_id, seat_id, date_id, user_id, secret, status, used_at, used_gate, created_at,
            refund_reason)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    case update = "UPDATE tickets SET status = ?, used_at = ?, used_gate = ?, refund_reason = ? WHERE id = ?"
}

extension Ticket {
    init(_ row: Columns) throws {
        let id: TicketID = try row.id(8)
        self.init(
            id: id, reservationID: try row.id(9), dateID: try row.id(10), userID: try row.id(11),
            seat: try ReservedSeat(row),
            // 64 random bits; SQLite's integers are signed, so the same bits are kept as one of those.
            code: TicketCode(ticketID: id, secret: UInt64(bitPattern: row.integer(12))), status: try row.word(13),
            usedAt: row.optionalTime(14), usedGate: row.optionalText(15),
            refundReason: row.optionalText(17), createdAt: row.time(16))
    }
}

extension SQLiteStore {
    public func ticket(_ id: TicketID) async throws(Fault) -> Ticket? {
        try await read("read a ticket") { db in
            try PreparedStatement(TicketStatement.byID, on: db).first(id) { try Ticket($0) }
        }
    }

    public func tickets(of reservation: ReservationID) async throws(Fault) -> [Ticket] {
        try await read("list the tickets of a reservation") { db in
            try PreparedStatement(TicketStatement.ofReservation, on: db).all(reservation) { try Ticket($0) }
        }
    }

    public func tickets(of user: UserID, before: TicketID?, limit: Int) async throws(Fault) -> [Ticket] {
        try await read("list tickets") { db in
            try PreparedStatement(TicketStatement.pageOfUser, on: db)
                .all(user, before ?? .greatest, limit) { try Ticket($0) }
        }
    }
}
