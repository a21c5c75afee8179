public import Domain
public import Ports

/// Staff look for reservations once in a while; an index for it would cost every hold. So the newest rows are looked
/// through, so many at a time, along the primary key, or along the index of their fan.
enum ReservationSearchStatement: String, StatementSet {
    case ofAll = """
        SELECT id, date_id, user_id, status, seat_count, amount, expires_at, created_at, version
        FROM (SELECT * FROM reservations WHERE id < $1 ORDER BY id DESC LIMIT $2) AS newest
        WHERE ($3::uuid IS NULL OR date_id = $3)
            AND ($4::text IS NULL
                OR CASE WHEN status = 'PENDING' AND expires_at <= $5 THEN 'EXPIRED' ELSE status END = $4)
        ORDER BY id DESC LIMIT $6
        """
    case ofUser = """
        SELECT id, date_id, user_id, status, seat_count, amount, expires_at, created_at, version
        FROM (SELECT * FROM reservations WHERE user_id = $7 AND id < $1 ORDER BY id DESC LIMIT $2) AS newest
        WHERE ($3::uuid IS NULL OR date_id = $3)
            AND ($4::text IS NULL
                OR CASE WHEN status = 'PENDING' AND expires_at <= $5 THEN 'EXPIRED' ELSE status END = $4)
        ORDER BY id DESC LIMIT $6
        """
    case seats = """
        SELECT s.id, s.section, s.row, s.number, r.grade_name, r.grade, r.price, r.fence, r.reservation_id
        FROM reservation_seats AS r JOIN seats AS s ON s.id = r.seat_id
        WHERE r.reservation_id = ANY ($1) ORDER BY r.reservation_id, r.seat_id
        """
    /// The last row that is looked at, if there are so many.
    case lastOfAll = "SELECT id FROM reservations WHERE id < $1 ORDER BY id DESC LIMIT 1 OFFSET $2"
    case lastOfUser = """
        SELECT id FROM reservations WHERE user_id = $3 AND id < $1 ORDER BY id DESC LIMIT 1 OFFSET $2
        """
}

extension PostgresStore {
    public func reservations(matching filter: ReservationFilter, before: ReservationID?, limit: Int)
        async throws(Fault) -> ReservationPage
    {
        try await read("search reservations") { db in
            let start = before ?? .greatest
            let rowsMax = ReservationPage.rowsLookedAtMax
            let requests: [Request]
            if let user = filter.userID {
                requests = [
                    Request(
                        ReservationSearchStatement.ofUser, start, rowsMax, filter.dateID, filter.status, filter.now,
                        limit, user),
                    Request(ReservationSearchStatement.lastOfUser, start, rowsMax - 1, user),
                ]
            } else {
                requests = [
                    Request(
                        ReservationSearchStatement.ofAll, start, rowsMax, filter.dateID, filter.status, filter.now,
                        limit),
                    Request(ReservationSearchStatement.lastOfAll, start, rowsMax - 1),
                ]
            }
            let results = try db.snapshot(requests)
            let ids = try results[0].all { row in try row.id(0, of: Reservation.self) }
            let seats = try db.run(Request(ReservationSearchStatement.seats, Column(ids)))
            let found = try Reservation.joined(results[0], seats: seats)
            if found.count == limit { return ReservationPage(reservations: found, next: found.last?.id) }
            return ReservationPage(
                reservations: found, next: try results[1].first { row in try row.id(0, of: Reservation.self) })
        }
    }
}
