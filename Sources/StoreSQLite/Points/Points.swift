public import Domain
internal import GRDB
public import Ports

enum PointsStatement: String, StatementSet {
    case wallet = "SELECT user_id, balance FROM wallets WHERE user_id = ?"
    case saveWallet = """
        INSERT INTO wallets (user_id, balance) VALUES (?, ?)
        ON CONFLICT (user_id) DO UPDATE SET balance = excluded.balance
        """
    case insertTransfer = """
        INSERT INTO transfers (id, kind, from_account, to_account, wallet_id, amount, payment_id, balance, at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    /// Between accounts of the house.
    case insertHouseTransfer = """
        INSERT INTO house_transfers (id, kind, from_account, to_account, amount, payment_id, at)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """
    case pageOfWallet = """
        SELECT id, kind, from_account, to_account, amount, payment_id, balance, at
        FROM transfers WHERE wallet_id = ? AND id < ? ORDER BY id DESC LIMIT ?
        """
}

extension Wallet {
    init(_ row: Columns) throws {
        self.init(userID: try row.id(0), balance: row.won(1))
    }
}

extension Transfer {
    init(_ row: Columns) throws {
        self.init(
            id: try row.id(0), kind: try row.word(1), from: try row.id(2), to: try row.id(3), amount: row.won(4),
            paymentID: try row.optionalID(5), balance: row.won(6), at: row.time(7))
    }
}

extension SQLiteStore {
    public func wallet(of user: UserID) async throws(Fault) -> Wallet {
        try await read("read a wallet") { db in
            let found = try PreparedStatement(PointsStatement.wallet, on: db).first(user) { try Wallet($0) }
            return found ?? Wallet(userID: user, balance: .zero)
        }
    }

    public func transfers(of user: UserID, before: TransferID?, limit: Int) async throws(Fault) -> [Transfer] {
        try await read("list transfers") { db in
            try PreparedStatement(PointsStatement.pageOfWallet, on: db)
                .all(user, before ?? .greatest, limit) { try Transfer($0) }
        }
    }
}
