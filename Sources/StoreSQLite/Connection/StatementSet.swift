/// The SQL of one feature, in one place: each case is a statement.
///
/// Being enumerable is what lets a test ask SQLite for the plan of every statement there is.
protocol StatementSet: CaseIterable, RawRepresentable, Sendable where RawValue == String {}

/// Every statement of the store. A new set must be listed here, or the test of the query plans does not see it.
enum AllStatements {
    static let sets: [any StatementSet.Type] = [
        AccountStatement.self, AnswerStatement.self, AuditStatement.self, CatalogStatement.self, DrawStatement.self,
        EventStatement.self, MailStatement.self, PaymentStatement.self, PointsStatement.self, RefundStatement.self,
        ReservationStatement.self, SalesFiguresStatement.self, SeatMapStatement.self, SeatStatement.self,
        SessionStatement.self, StaffActionStatement.self, TicketStatement.self, WebhookDeliveryStatement.self,
        WebhookStatement.self,
    ]

    /// The text of every statement, by a name such as "SeatStatement.byID".
    static var all: [(name: String, sql: String)] {
        func list<Statements: StatementSet>(_ set: Statements.Type) -> [(name: String, sql: String)] {
            set.allCases.map { ("\(set).\($0)", $0.rawValue) }
        }
        return sets.flatMap { list($0) }
    }
}
