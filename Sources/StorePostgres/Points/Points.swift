public import Domain
public import Ports

enum PointsStatement: String, StatementSet {
    case lock = "SELECT user_id, balance FROM wallets WHERE user_id = ANY ($1) ORDER BY user_id FOR NO KEY UPDATE"
    case wallet = "SELECT user_id, balance FROM wallets WHERE user_id = $1"
    /// A wallet that was not there to be locked. If another batch has made it since, this one is run again.
    case insertWallets = """
        INSERT INTO wallets (user_id, balance) SELECT * FROM unnest($1, $2) AS new (user_id, balance) ORDER BY user_id
        """
    case updateWallets = """
        UPDATE wallets AS w SET balance = new.balance
        FROM unnest($1, $2) AS new (user_id, balance) WHERE w.user_id = new.user_id
        """
    case insertTransfers = """
        INSERT INTO transfers (id, kind, from_account, to_account, wallet_id, amount, payment_id, balance, at)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """
    /// Between accounts of the house.
    case insertHouseTransfers = """
        INSERT INTO house_transfers (id, kind, from_account, to_account, amount, payment_id, at)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)
        """
    case pageOfWallet = """
        SELECT id, kind, from_account, to_account, amount, payment_id, balance, at
        FROM transfers WHERE wallet_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3
        """
}

extension Wallet {
    init(_ row: Columns) throws {
        self.init(userID: try row.id(0), balance: try row.won(1))
    }

    static func insert(_ rows: [Wallet]) -> Request {
        Request(PointsStatement.insertWallets, Column(rows) { $0.userID }, Column(rows) { $0.balance })
    }

    static func update(_ rows: [Wallet]) -> Request {
        Request(PointsStatement.updateWallets, Column(rows) { $0.userID }, Column(rows) { $0.balance })
    }
}

extension Transfer {
    init(_ row: Columns) throws {
        self.init(
            id: try row.id(0), kind: try row.word(1), from: try row.id(2), to: try row.id(3), amount: try row.won(4),
            paymentID: try row.optionalID(5), balance: try row.won(6), at: try row.time(7))
    }

    /// Of fans' wallets.
    static func insert(_ rows: [Transfer]) -> Request {
        Request(
            PointsStatement.insertTransfers, Column(rows) { $0.id }, Column(rows) { $0.kind }, Column(rows) { $0.from },
            Column(rows) { $0.to }, Column(rows) { $0.wallet }, Column(rows) { $0.amount },
            Column(rows) { $0.paymentID }, Column(rows) { $0.balance }, Column(rows) { $0.at })
    }

    static func insertOfHouse(_ rows: [Transfer]) -> Request {
        Request(
            PointsStatement.insertHouseTransfers, Column(rows) { $0.id }, Column(rows) { $0.kind },
            Column(rows) { $0.from }, Column(rows) { $0.to }, Column(rows) { $0.amount }, Column(rows) { $0.paymentID },
            Column(rows) { $0.at })
    }
}

extension PostgresStore {
    public func wallet(of user: UserID) async throws(Fault) -> Wallet {
        try await read("read a wallet") { db in
            let found = try db.run(Request(PointsStatement.wallet, user)).first(Wallet.init)
            return found ?? Wallet(userID: user, balance: .zero)
        }
    }

    public func transfers(of user: UserID, before: TransferID?, limit: Int) async throws(Fault) -> [Transfer] {
        try await read("list transfers") { db in
            try db.run(Request(PointsStatement.pageOfWallet, user, before ?? .greatest, limit)).all(Transfer.init)
        }
    }
}
