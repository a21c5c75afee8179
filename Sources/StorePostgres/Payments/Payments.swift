public import Domain
public import Ports

enum PaymentStatement: String, StatementSet {
    case lock = """
        SELECT id, reservation_id, user_id, method, status, amount, refunded, created_at
        FROM payments WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE
        """
    case byID = """
        SELECT id, reservation_id, user_id, method, status, amount, refunded, created_at
        FROM payments WHERE id = $1
        """
    case insert = """
        INSERT INTO payments (id, reservation_id, user_id, method, status, amount, refunded, created_at)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)
        """
    case update = """
        UPDATE payments AS p SET status = new.status, refunded = new.refunded
        FROM unnest($1, $2, $3) AS new (id, status, refunded) WHERE p.id = new.id
        """
}

extension Payment {
    init(_ row: Columns) throws {
        self.init(
            id: try row.id(0), reservationID: try row.id(1), userID: try row.id(2), method: try row.word(3),
            status: try row.word(4), amount: try row.won(5), refunded: try row.won(6), createdAt: try row.time(7))
    }

    static func insert(_ rows: [Payment]) -> Request {
        Request(
            PaymentStatement.insert, Column(rows) { $0.id }, Column(rows) { $0.reservationID },
            Column(rows) { $0.userID }, Column(rows) { $0.method }, Column(rows) { $0.status },
            Column(rows) { $0.amount }, Column(rows) { $0.refunded }, Column(rows) { $0.createdAt })
    }

    static func update(_ rows: [Payment]) -> Request {
        Request(
            PaymentStatement.update, Column(rows) { $0.id }, Column(rows) { $0.status }, Column(rows) { $0.refunded })
    }
}

extension PostgresStore {
    public func payment(_ id: PaymentID) async throws(Fault) -> Payment? {
        try await read("read a payment") { db in
            try db.run(Request(PaymentStatement.byID, id)).first(Payment.init)
        }
    }
}
