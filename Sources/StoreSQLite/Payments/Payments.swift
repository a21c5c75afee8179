public import Domain
internal import GRDB
public import Ports

enum PaymentStatement: String, StatementSet {
    case byID = """
        SELECT id, reservation_id, user_id, method, status, amount, refunded, created_at
        FROM payments WHERE id = ?
        """
    case insert = """
        INSERT INTO payments (id, reservation_id, user_id, method, status, amount, refunded, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """
    case update = "UPDATE payments SET status = ?, refunded = ? WHERE id = ?"
}

extension Payment {
    init(_ row: Columns) throws {
        self.init(
            id: try row.id(0), reservationID: try row.id(1), userID: try row.id(2), method: try row.word(3),
            status: try row.word(4), amount: row.won(5), refunded: row.won(6), createdAt: row.time(7))
    }
}

extension SQLiteStore {
    public func payment(_ id: PaymentID) async throws(Fault) -> Payment? {
        try await read("read a payment") { db in
            try PreparedStatement(PaymentStatement.byID, on: db).first(id) { try Payment($0) }
        }
    }
}
