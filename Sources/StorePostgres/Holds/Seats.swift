internal import Domain

enum SeatStatement: String, StatementSet {
    /// Those asked for, those of the reservations asked for, and those of the reservations of the payments asked for:
    /// in one statement, so that all are locked in order of id.
    case lock = """
        SELECT id, date_id, section, row, number, grade, state, reservation_id, held_until, fence, version
        FROM seats
        WHERE id IN (
            SELECT unnest($1)
            UNION SELECT r.seat_id FROM reservation_seats AS r WHERE r.reservation_id = ANY ($2)
            UNION SELECT r.seat_id FROM payments AS p JOIN reservation_seats AS r USING (reservation_id)
                WHERE p.id = ANY ($3))
        ORDER BY id FOR NO KEY UPDATE
        """
    /// A seat that is not there stands for the foreign key from reservation_seats to seats: docs/erd.md says why there
    /// is none.
    case update = """
        WITH saved AS (
            UPDATE seats AS s
            SET state = new.state, reservation_id = new.reservation_id, held_until = new.held_until,
                fence = new.fence, version = new.version
            FROM unnest($1, $2, $3, $4, $5, $6) AS new (id, state, reservation_id, held_until, fence, version)
            WHERE s.id = new.id
            RETURNING 1)
        SELECT expect_rows(count(*), $7, $8, 'seats that do not exist were changed') FROM saved
        """
}

extension Seat {
    init(_ row: Columns) throws {
        self.init(
            id: try row.id(0), dateID: try row.id(1),
            label: SeatLabel(section: row.text(2), row: row.text(3), number: row.text(4)), grade: try row.int(5),
            state: try row.word(6), reservationID: try row.optionalID(7), heldUntil: try row.optionalTime(8),
            fence: try row.integer(9), version: try row.integer(10))
    }

    static func update(_ rows: [Seat]) -> Request {
        Request(
            SeatStatement.update, Column(rows) { $0.id }, Column(rows) { $0.state }, Column(rows) { $0.reservationID },
            Column(rows) { $0.heldUntil }, Column(rows) { $0.fence }, Column(rows) { $0.version }, rows.count,
            SQLError.rowMissing)
    }
}
