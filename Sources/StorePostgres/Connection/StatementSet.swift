/// The SQL of one feature, in one place: each case is a statement.
///
/// Being enumerable is what lets a test ask PostgreSQL for the plan of every statement there is.
protocol StatementSet: CaseIterable, RawRepresentable, Sendable where RawValue == String {}

/// Every statement of the store. A new set must be listed here, or the test of the query plans does not see it.
enum AllStatements {
    static let sets: [any StatementSet.Type] = [
        AccountStatement.self, AnswerStatement.self, AuditStatement.self, CatalogStatement.self, DrawStatement.self,
        EventStatement.self, LockStatement.self, MailStatement.self, PaymentStatement.self, PointsStatement.self,
        QueueJoinStatement.self, RefundStatement.self, ReservationStatement.self, SalesFiguresStatement.self,
        SeatMapStatement.self, SeatStatement.self, SessionStatement.self, StaffActionStatement.self,
        TicketStatement.self, WebhookDeliveryStatement.self, WebhookStatement.self,
    ]

    /// The text of every statement, by a name such as "SeatStatement.byID".
    static var all: [(name: String, sql: String)] {
        func list<Statements: StatementSet>(_ set: Statements.Type) -> [(name: String, sql: String)] {
            set.allCases.map { ("\(set).\($0)", $0.rawValue) }
        }
        return sets.flatMap { list($0) }
    }
}

/// What begins and ends transactions.
enum ControlStatement: String, StatementSet {
    /// Each statement sees what was committed before it began, so one that has waited for a lock sees what the other
    /// side of the lock committed. It does not ask to write: an operator who sets `default_transaction_read_only` before
    /// a switchover stops all writes at once, also on connections that were made before.
    case begin = "BEGIN ISOLATION LEVEL READ COMMITTED"
    /// All statements see what was committed before the first one.
    case beginSnapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    case commit = "COMMIT"
    /// Has the server plan every statement anew, for tables as large as they are now.
    case forgetPlans = "DISCARD PLANS"
    case rollback = "ROLLBACK"
}
