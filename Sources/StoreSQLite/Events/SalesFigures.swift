public import Domain
internal import GRDB
public import Ports

enum SalesFiguresStatement: String, StatementSet {
    /// The consumer's name stands in the table so that another consumer can keep its own list.
    case consume = "INSERT INTO consumed_events (consumer, event_id) VALUES ('sales', ?) ON CONFLICT DO NOTHING"
    /// The least ids first: they lie together, and so do those that are left.
    case forgetConsumed = """
        DELETE FROM consumed_events
        WHERE consumer = 'sales' AND event_id IN (
            SELECT event_id FROM consumed_events
            WHERE consumer = 'sales' AND event_id < ? ORDER BY event_id LIMIT ?)
        """
    case addToGrade = """
        INSERT INTO sales_figures (date_id, grade, held, sold, revenue) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (date_id, grade) DO UPDATE
        SET held = held + excluded.held, sold = sold + excluded.sold, revenue = revenue + excluded.revenue
        """
    case addToMinute = """
        INSERT INTO sales_minutes (date_id, minute, tickets, revenue) VALUES (?, ?, ?, ?)
        ON CONFLICT (date_id, minute) DO UPDATE
        SET tickets = tickets + excluded.tickets, revenue = revenue + excluded.revenue
        """
    case grades = "SELECT grade, held, sold, revenue FROM sales_figures WHERE date_id = ? ORDER BY grade"
    case minutes = """
        SELECT minute, tickets, revenue FROM sales_minutes WHERE date_id = ? AND minute >= ? ORDER BY minute
        """
}

extension SQLiteStore {
    public func add(_ events: [Event], deltas: @Sendable @escaping ([Event]) -> [SalesDelta]) async throws(Fault) {
        guard !events.isEmpty else { return }
        try await write("add \(events.count) events to the sales figures") { db in
            let consume = try PreparedStatement(SalesFiguresStatement.consume, on: db)
            var fresh: [Event] = []
            for event in events where try consume.run(event.id) == 1 { fresh.append(event) }
            guard !fresh.isEmpty else { return }
            let addToGrade = try PreparedStatement(SalesFiguresStatement.addToGrade, on: db)
            let addToMinute = try PreparedStatement(SalesFiguresStatement.addToMinute, on: db)
            for delta in deltas(fresh) {
                for grade in delta.figures.grades {
                    try addToGrade.run(delta.dateID, grade.grade, grade.held, grade.sold, grade.revenue)
                }
                for minute in delta.figures.minutes {
                    try addToMinute.run(delta.dateID, minute.startsAt, minute.tickets, minute.revenue)
                }
            }
        }
    }

    public func forgetConsumed(olderThanSeconds seconds: Int, limit: Int) async throws(Fault) -> Int {
        let least = EventID.least(at: clock.now().adding(seconds: -seconds))
        return try await write("forget consumed events") { db in
            try PreparedStatement(SalesFiguresStatement.forgetConsumed, on: db).run(least, limit)
        }
    }

    public func figures(of date: DateID, since: Timestamp) async throws(Fault) -> SalesFigures {
        try await read("read sales figures") { db in
            let grades = try PreparedStatement(SalesFiguresStatement.grades, on: db).all(date) { row in
                SalesFigures.Grade(grade: row.int(0), held: row.int(1), sold: row.int(2), revenue: row.won(3))
            }
            let minutes = try PreparedStatement(SalesFiguresStatement.minutes, on: db).all(date, since) { row in
                SalesFigures.Minute(startsAt: row.time(0), tickets: row.int(1), revenue: row.won(2))
            }
            return SalesFigures(grades: grades, minutes: minutes)
        }
    }
}
