public import Domain
public import Ports

enum SalesFiguresStatement: String, StatementSet {
    /// The consumer's name stands in the table so that another consumer can keep its own list.
    case consume = """
        INSERT INTO consumed_events (consumer, event_id)
        SELECT 'sales', new.id FROM unnest($1) AS new (id) ORDER BY new.id
        ON CONFLICT DO NOTHING RETURNING event_id
        """
    /// The least ids first: they lie together, and so do those that are left.
    case forgetConsumed = """
        DELETE FROM consumed_events
        WHERE consumer = 'sales' AND event_id IN (
            SELECT event_id FROM consumed_events
            WHERE consumer = 'sales' AND event_id < $1 ORDER BY event_id LIMIT $2)
        """
    case addToGrades = """
        INSERT INTO sales_figures AS kept (date_id, grade, held, sold, revenue)
        SELECT date_id, grade, sum(held), sum(sold), sum(revenue)
        FROM unnest($1, $2, $3, $4, $5) AS new (date_id, grade, held, sold, revenue)
        GROUP BY date_id, grade ORDER BY date_id, grade
        ON CONFLICT (date_id, grade) DO UPDATE
        SET held = kept.held + excluded.held, sold = kept.sold + excluded.sold,
            revenue = kept.revenue + excluded.revenue
        """
    case addToMinutes = """
        INSERT INTO sales_minutes AS kept (date_id, minute, tickets, revenue)
        SELECT date_id, minute, sum(tickets), sum(revenue)
        FROM unnest($1, $2, $3, $4) AS new (date_id, minute, tickets, revenue)
        GROUP BY date_id, minute ORDER BY date_id, minute
        ON CONFLICT (date_id, minute) DO UPDATE
        SET tickets = kept.tickets + excluded.tickets, revenue = kept.revenue + excluded.revenue
        """
    case grades = "SELECT grade, held, sold, revenue FROM sales_figures WHERE date_id = $1 ORDER BY grade"
    case minutes = """
        SELECT minute, tickets, revenue FROM sales_minutes WHERE date_id = $1 AND minute >= $2 ORDER BY minute
        """
}

extension PostgresStore {
    public func add(_ events: [Event], deltas: @Sendable @escaping ([Event]) -> [SalesDelta]) async throws(Fault) {
        guard !events.isEmpty else { return }
        try await write("add \(events.count) events to the sales figures") { db in
            try db.transaction([Request(SalesFiguresStatement.consume, Column(events) { $0.id })]) { results in
                var fresh = Set(try results[0].all { row in try row.id(0, of: Event.self) })
                // An event that stands twice in the list counts once, like one that was seen before.
                let new = events.filter { fresh.remove($0.id) != nil }
                guard !new.isEmpty else { return ((), commit: nil) }
                return ((), commit: Self.sums(of: deltas(new)))
            }
        }
    }

    private static func sums(of deltas: [SalesDelta]) -> [Request] {
        let grades = deltas.flatMap { delta in delta.figures.grades.map { (delta.dateID, $0) } }
        let minutes = deltas.flatMap { delta in delta.figures.minutes.map { (delta.dateID, $0) } }
        return [
            Request(
                SalesFiguresStatement.addToGrades, Column(grades) { $0.0 }, Column(grades) { $0.1.grade },
                Column(grades) { $0.1.held }, Column(grades) { $0.1.sold }, Column(grades) { $0.1.revenue }),
            Request(
                SalesFiguresStatement.addToMinutes, Column(minutes) { $0.0 }, Column(minutes) { $0.1.startsAt },
                Column(minutes) { $0.1.tickets }, Column(minutes) { $0.1.revenue }),
        ]
    }

    public func forgetConsumed(olderThanSeconds seconds: Int, limit: Int) async throws(Fault) -> Int {
        try await write("forget consumed events") { db in
            let least = EventID.least(at: try self.moment(seconds, agoOn: db))
            return try db.commit([Request(SalesFiguresStatement.forgetConsumed, least, limit)])[0].changed
        }
    }

    public func figures(of date: DateID, since: Timestamp) async throws(Fault) -> SalesFigures {
        try await read("read sales figures") { db in
            let results = try db.snapshot([
                Request(SalesFiguresStatement.grades, date), Request(SalesFiguresStatement.minutes, date, since),
            ])
            let grades = try results[0].all { row in
                SalesFigures.Grade(
                    grade: try row.int(0), held: try row.int(1), sold: try row.int(2), revenue: try row.won(3))
            }
            let minutes = try results[1].all { row in
                SalesFigures.Minute(startsAt: try row.time(0), tickets: try row.int(1), revenue: try row.won(2))
            }
            return SalesFigures(grades: grades, minutes: minutes)
        }
    }
}
