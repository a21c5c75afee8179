internal import Domain
internal import GRDB

enum SeatStatement: String, StatementSet {
    case byID = """
        SELECT id, date_id, section, row, number, grade, state, reservation_id, held_until, fence, version
        FROM seats WHERE id = ?
        """
    case ofReservation = """
        SELECT s.id, s.date_id, s.section, s.row, s.number, s.grade, s.state, s.reservation_id, s.held_until, s.fence,
            s.version
        FROM reservation_seats AS r JOIN seats AS s ON s.id = r.seat_id
        WHERE r.reservation_id = ?
        """
    case update = """
        UPDATE seats SET state = ?, reservation_id = ?, held_until = ?, fence = ?, version = ? WHERE id = ?
        """
}

extension Seat {
    init(_ row: Columns) throws {
        self.init(
            id: try row.id(0), dateID: try row.id(1),
            label: SeatLabel(section: row.text(2), row: row.text(3), number: row.text(4)), grade: row.int(5),
            state: try row.word(6), reservationID: try row.optionalID(7), heldUntil: row.optionalTime(8),
            fence: row.integer(9), version: row.integer(10))
    }
}
