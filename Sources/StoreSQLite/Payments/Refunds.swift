public import Domain
internal import GRDB
public import Ports

enum RefundStatement: String, StatementSet {
    case byID = """
        SELECT id, payment_id, amount, reason, status, try_at, try_count, created_at FROM refunds WHERE id = ?
        """
    case ofPayment = """
        SELECT id, payment_id, amount, reason, status, try_at, try_count, created_at
        FROM refunds WHERE payment_id = ? ORDER BY id
        """
    case due = """
        SELECT r.id, r.payment_id, r.amount, r.reason, r.status, r.try_at, r.try_count, r.created_at,
            p.id, p.reservation_id, p.user_id, p.method, p.status, p.amount, p.card, p.refunded, p.gateway_key,
            p.try_at, p.try_count, p.decline_code, p.created_at, p.claim, p.unknown_since
        FROM refunds AS r CROSS JOIN payments AS p ON p.id = r.payment_id
        WHERE r.status = 'REQUESTED' AND r.try_at <= ? ORDER BY r.try_at, r.id LIMIT ?
        """
    case countRequested = "SELECT count(*) FROM refunds WHERE status = 'REQUESTED'"
    case countFailed = "SELECT count(*) FROM refunds WHERE status = 'FAILED'"
    case insert = """
        INSERT INTO refunds (id, payment_id, amount, reason, status, try_at, try_count, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """
    case update = "UPDATE refunds SET status = ?, try_at = ?, try_count = ? WHERE id = ?"
}

extension Refund {
    /// Of the first eight columns.
    init(_ row: Columns) throws {
        self.init(
            id: try row.id(0), paymentID: try row.id(1), amount: row.won(2), reason: row.text(3),
            status: try row.word(4), tryAt: row.time(5), tryCount: row.int(6), createdAt: row.time(7))
    }
}

extension SQLiteStore {
    public func dueRefunds(limit: Int) async throws(Fault) -> [(refund: Refund, payment: Payment)] {
        let now = clock.now()
        return try await read("find due refunds") { db in
            try PreparedStatement(RefundStatement.due, on: db).all(now, limit) { row in
                (refund: try Refund(row), payment: try Payment(row, from: 8))
            }
        }
    }

    public func refunds(of payment: PaymentID) async throws(Fault) -> [Refund] {
        try await read("list the refunds of a payment") { db in
            try PreparedStatement(RefundStatement.ofPayment, on: db).all(payment) { try Refund($0) }
        }
    }
}
