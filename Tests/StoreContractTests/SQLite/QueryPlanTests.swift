import GRDB
import GRDBSQLite
import Testing

@testable import StoreSQLite

@Suite("SQLite answers every query through an index")
struct QueryPlanTests {
    /// Statements that read a whole table, each for a reason.
    private static let scans: Set<String> = [
        // Deleting a date that never sold looks for reservations and tickets that name it: docs/erd.md, "Scans".
        "CatalogStatement.deleteDate",
        // In order of position from the front, and stopped there: what stands first in the table.
        "EventStatement.undelivered", "EventStatement.positions", "AnswerStatement.forget",
        // The outbox is short, and so is the index of mails that wait; their lengths are metrics.
        "EventStatement.undeliveredCount", "MailStatement.waitingCount",
        // Along an index that has only what is to be counted, which is little.
        "PaymentStatement.unknownFigures", "RefundStatement.countRequested", "RefundStatement.countFailed",
    ]

    @Test("No statement but those that must reads a whole table", arguments: AllStatements.all.map(\.name))
    func noScan(name: String) async throws {
        let statement = try #require(AllStatements.all.first { $0.name == name })
        // An audit looks at everything: that is what it is for.
        guard !name.hasPrefix("AuditStatement") else { return }
        let queue = try DatabaseQueue()
        try Schema.migrator.migrate(queue)
        let plan = try await queue.read { db in
            let query = try db.makeStatement(sql: "EXPLAIN QUERY PLAN " + statement.sql)
            // The question marks need values, which do not change the plan.
            query.setUncheckedArguments(StatementArguments(Array(repeating: 1, count: query.parameterCount)))
            return try Row.fetchAll(query).map { $0["detail"] as String }
        }
        let scan = plan.first { $0.hasPrefix("SCAN") && !$0.contains("VIRTUAL TABLE") }
        #expect((scan != nil) == Self.scans.contains(name), "\(plan)")
    }

    @Test("Claims are read from the index alone")
    func coveringClaims() async throws {
        let queue = try DatabaseQueue()
        try Schema.migrator.migrate(queue)
        let plan = try await queue.read { db in
            let query = try db.makeStatement(sql: "EXPLAIN QUERY PLAN " + ReservationStatement.claims.rawValue)
            query.setUncheckedArguments([1, 1])
            return try Row.fetchAll(query).map { $0["detail"] as String }
        }
        #expect(
            plan == [
                "SEARCH reservations USING COVERING INDEX reservations_by_fan (user_id=? AND date_id=? AND is_over=?)"
            ])
    }
}

extension Statement {
    fileprivate var parameterCount: Int { Int(sqlite3_bind_parameter_count(sqliteStatement)) }
}
