public import Domain
internal import GRDB
public import Ports

/// Staff look for reservations once in a while; an index for it would cost every hold. So the newest rows are looked
/// through, so many at a time, along the primary key, or along the index of their fan.
enum ReservationSearchStatement: String, StatementSet {
    case ofAll = """
        SELECT id, date_id, user_id, status, seat_count, amount, expires_at, created_at, version
        FROM (SELECT * FROM reservations WHERE id < ?1 ORDER BY id DESC LIMIT ?2)
        WHERE (?3 IS NULL OR date_id = ?3)
            AND (?4 IS NULL OR CASE WHEN status = 'PENDING' AND expires_at <= ?5 THEN 'EXPIRED' ELSE status END = ?4)
        ORDER BY id DESC LIMIT ?6
        """
    case ofUser = """
        SELECT id, date_id, user_id, status, seat_count, amount, expires_at, created_at, version
        FROM reservations
        WHERE id IN (SELECT id FROM reservations WHERE user_id = ?7 AND id < ?1 ORDER BY id DESC LIMIT ?2)
            AND (?3 IS NULL OR date_id = ?3)
            AND (?4 IS NULL OR CASE WHEN status = 'PENDING' AND expires_at <= ?5 THEN 'EXPIRED' ELSE status END = ?4)
        ORDER BY id DESC LIMIT ?6
        """
    /// The last row that is looked at, if there are so many.
    case lastOfAll = "SELECT id FROM reservations WHERE id < ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2"
    case lastOfUser = """
        SELECT id FROM reservations WHERE user_id = ?3 AND id < ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2
        """
}

extension SQLiteStore {
    public func reservations(matching filter: ReservationFilter, before: ReservationID?, limit: Int)
        async throws(Fault) -> ReservationPage
    {
        try await read("search reservations") { db in
            let start = before ?? .greatest
            let rowsMax = ReservationPage.rowsLookedAtMax
            var found: [Reservation]
            if let user = filter.userID {
                found = try PreparedStatement(ReservationSearchStatement.ofUser, on: db)
                    .all(start, rowsMax, filter.dateID, filter.status?.rawValue, filter.now, limit, user) {
                        try Reservation($0)
                    }
            } else {
                found = try PreparedStatement(ReservationSearchStatement.ofAll, on: db)
                    .all(start, rowsMax, filter.dateID, filter.status?.rawValue, filter.now, limit) {
                        try Reservation($0)
                    }
            }
            let seats = try PreparedStatement(ReservationStatement.seats, on: db)
            for index in found.indices {
                found[index].seats = try seats.all(found[index].id) { try ReservedSeat($0) }
            }
            if found.count == limit { return ReservationPage(reservations: found, next: found.last?.id) }
            return ReservationPage(
                reservations: found, next: try Self.lastLookedAt(before: start, of: filter.userID, on: db))
        }
    }

    private static func lastLookedAt(before start: ReservationID, of user: UserID?, on db: Database) throws
        -> ReservationID?
    {
        let skipped = ReservationPage.rowsLookedAtMax - 1
        guard let user else {
            return try PreparedStatement(ReservationSearchStatement.lastOfAll, on: db).first(start, skipped) {
                try $0.id(0)
            }
        }
        return try PreparedStatement(ReservationSearchStatement.lastOfUser, on: db).first(start, skipped, user) {
            try $0.id(0)
        }
    }
}
