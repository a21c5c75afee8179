public import Domain
public import Ports

enum TicketStatement: String, StatementSet {
    /// Those asked for, and all of the reservations of the payments asked for.
    case lock = """
        SELECT s.id, s.section, s.row, s.number, r.grade_name, r.grade, r.price, r.fence,
            t.id, t.reservation_id, t.date_id, t.user_id, t.secret, t.status, t.used_at, t.used_gate, t.created_at,
            t.refund_reason
        FROM tickets AS t JOIN reservation_seats AS r USING (reservation_id, seat_id) JOIN seats AS s ON s.id = t.seat_id
        WHERE t.id IN (
            SELECT unnest($1)
            UNION SELECT o.id FROM payments AS p JOIN tickets AS o USING (reservation_id) WHERE p.id = ANY ($2))
        ORDER BY t.id FOR NO KEY UPDATE OF t
        """
    case byID = """
        SELECT s.id, s.section, s.row, s.number, r.grade_name, r.grade, r.price, r.fence,
            t.id, t.reservation_id, t.date_id, t.user_id, t.secret, t.status, t.used_at, t.used_gate, t.created_at,
            t.refund_reason
        FROM tickets AS t JOIN reservation_seats AS r USING (reservation_id, seat_id) JOIN seats AS s ON s.id = t.seat_id
        WHERE t.id = $1
        """
    case ofReservation = """
        SELECT s.id, s.section, s.row, s.number, r.grade_name, r.grade, r.price, r.fence,
            t.id, t.reservation_id, t.date_id, t.user_id, t.secret, t.status, t.used_at, t.used_gate, t.created_at,
            t.refund_reason
        FROM tickets AS t JOIN reservation_seats AS r USING (reservation_id, seat_id) JOIN seats AS s ON s.id = t.seat_id
        WHERE t.reservation_id = $1 ORDER BY t.id
        """
    /// Through the fan's reservations: an index of tickets by user would change one more page at a random place with
    /// every ticket sold, to save sorting the few that a fan has.
    case pageOfUser = """
        SELECT s.id, s.section, s.row, s.number, r.grade_name, r.grade, r.price, r.fence,
            t.id, t.reservation_id, t.date_id, t.user_id, t.secret, t.status, t.used_at, t.used_gate, t.created_at,
            t.refund_reason
        FROM reservations AS v JOIN tickets AS t ON t.reservation_id = v.id
            JOIN reservation_seats AS r USING (reservation_id, seat_id) JOIN seats AS s ON s.id = t.seat_id
        WHERE v.user_id = $1 AND t.id < $2 ORDER BY t.id DESC LIMIT $3
        """
    case insert = """
        INSERT INTO tickets
            (id, reservation_id, seat_id, date_id, user_id, secret, status, used_at, used_gate, created_at,
            refund_reason)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """
    case update = """
        UPDATE tickets AS t
        SET status = new.status, used_at = new.used_at, used_gate = new.used_gate, refund_reason = new.refund_reason
        FROM unnest($1, $2, $3, $4, $5) AS new (id, status, used_at, used_gate, refund_reason) WHERE t.id = new.id
        """
}

extension Ticket {
    init(_ row: Columns) throws {
        let id: TicketID = try row.id(8)
        self.init(
            id: id, reservationID: try row.id(9), dateID: try row.id(10), userID: try row.id(11),
            seat: try ReservedSeat(row),
            // 64 random bits; a bigint is signed, so the same bits are kept as one of those.
            code: TicketCode(ticketID: id, secret: UInt64(bitPattern: try row.integer(12))), status: try row.word(13),
            usedAt: try row.optionalTime(14), usedGate: row.optionalText(15),
            refundReason: row.optionalText(17), createdAt: try row.time(16))
    }

    static func insert(_ rows: [Ticket]) -> Request {
        Request(
            TicketStatement.insert, Column(rows) { $0.id }, Column(rows) { $0.reservationID },
            Column(rows) { $0.seat.id }, Column(rows) { $0.dateID }, Column(rows) { $0.userID },
            Column(rows) { Int64(bitPattern: $0.code.secret) }, Column(rows) { $0.status }, Column(rows) { $0.usedAt },
            Column(rows) { $0.usedGate }, Column(rows) { $0.createdAt }, Column(rows) { $0.refundReason })
    }

    static func update(_ rows: [Ticket]) -> Request {
        Request(
            TicketStatement.update, Column(rows) { $0.id }, Column(rows) { $0.status }, Column(rows) { $0.usedAt },
            Column(rows) { $0.usedGate }, Column(rows) { $0.refundReason })
    }
}

extension PostgresStore {
    public func ticket(_ id: TicketID) async throws(Fault) -> Ticket? {
        try await read("read a ticket") { db in
            try db.run(Request(TicketStatement.byID, id)).first(Ticket.init)
        }
    }

    public func tickets(of reservation: ReservationID) async throws(Fault) -> [Ticket] {
        try await read("list the tickets of a reservation") { db in
            try db.run(Request(TicketStatement.ofReservation, reservation)).all(Ticket.init)
        }
    }

    public func tickets(of user: UserID, before: TicketID?, limit: Int) async throws(Fault) -> [Ticket] {
        try await read("list tickets") { db in
            try db.run(Request(TicketStatement.pageOfUser, user, before ?? .greatest, limit)).all(Ticket.init)
        }
    }
}
