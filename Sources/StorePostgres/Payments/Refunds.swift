public import Domain
public import Ports

enum RefundStatement: String, StatementSet {
    case lock = """
        SELECT id, payment_id, amount, reason, status, try_at, try_count, created_at
        FROM refunds WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE
        """
    case ofPayment = """
        SELECT id, payment_id, amount, reason, status, try_at, try_count, created_at
        FROM refunds WHERE payment_id = $1 ORDER BY id
        """
    case due = """
        SELECT r.id, r.payment_id, r.amount, r.reason, r.status, r.try_at, r.try_count, r.created_at,
            p.id, p.reservation_id, p.user_id, p.method, p.status, p.amount, p.card, p.refunded, p.gateway_key,
            p.try_at, p.try_count, p.decline_code, p.created_at, p.claim, p.unknown_since
        FROM refunds AS r JOIN payments AS p ON p.id = r.payment_id
        WHERE r.status = 'REQUESTED' AND r.try_at <= $1 ORDER BY r.try_at, r.id LIMIT $2
        """
    case insert = """
        INSERT INTO refunds (id, payment_id, amount, reason, status, try_at, try_count, created_at)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)
        """
    case update = """
        UPDATE refunds AS r SET status = new.status, try_at = new.try_at, try_count = new.try_count
        FROM unnest($1, $2, $3, $4) AS new (id, status, try_at, try_count) WHERE r.id = new.id
        """
}

extension Refund {
    /// Of the first eight columns.
    init(_ row: Columns) throws {
        self.init(
            id: try row.id(0), paymentID: try row.id(1), amount: try row.won(2), reason: row.text(3),
            status: try row.word(4), tryAt: try row.time(5), tryCount: try row.int(6), createdAt: try row.time(7))
    }

    static func insert(_ rows: [Refund]) -> Request {
        Request(
            RefundStatement.insert, Column(rows) { $0.id }, Column(rows) { $0.paymentID }, Column(rows) { $0.amount },
            Column(rows) { $0.reason }, Column(rows) { $0.status }, Column(rows) { $0.tryAt },
            Column(rows) { $0.tryCount }, Column(rows) { $0.createdAt })
    }

    static func update(_ rows: [Refund]) -> Request {
        Request(
            RefundStatement.update, Column(rows) { $0.id }, Column(rows) { $0.status }, Column(rows) { $0.tryAt },
            Column(rows) { $0.tryCount })
    }
}

extension PostgresStore {
    public func dueRefunds(limit: Int) async throws(Fault) -> [(refund: Refund, payment: Payment)] {
        try await read("find due refunds") { db in
            try db.run(Request(RefundStatement.due, try self.moment(0, agoOn: db), limit)).all { row in
                (refund: try Refund(row), payment: try Payment(row, from: 8))
            }
        }
    }

    public func refunds(of payment: PaymentID) async throws(Fault) -> [Refund] {
        try await read("list the refunds of a payment") { db in
            try db.run(Request(RefundStatement.ofPayment, payment)).all(Refund.init)
        }
    }
}
