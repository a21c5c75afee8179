/// A fan's prepaid balance. It equals the fan's account in the ledger, and is never below zero.
public struct Wallet: Hashable, Sendable {
    public let userID: UserID
    public var balance: Won

    public init(userID: UserID, balance: Won) {
        self.userID = userID
        self.balance = balance
    }
}

/// Something that has a balance in the ledger: a fan's wallet, or one of the house's own accounts.
public enum Account {
    /// Money that came in from outside; its balance is negative by what all the others have.
    public static let funding = ID<Account>(high: 0, low: 1)
    /// What tickets were sold for.
    public static let sales = ID<Account>(high: 0, low: 2)
}

/// One movement of money from one account to another: a row of the ledger, never changed or removed.
///
/// Double entry in one row: what one account loses another gains, so the sum of all accounts is zero by construction.
public struct Transfer: Hashable, Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        case charge = "CHARGE"
        case payment = "PAYMENT"
        case refund = "REFUND"
    }

    public let id: TransferID
    public let kind: Kind
    public let from: ID<Account>
    public let to: ID<Account>
    /// 1 won or more.
    public let amount: Won
    public let paymentID: PaymentID?
    /// What the fan's wallet holds after this transfer.
    public let balance: Won
    public let at: Timestamp

    public init(
        id: TransferID, kind: Kind, from: ID<Account>, to: ID<Account>, amount: Won, paymentID: PaymentID?,
        balance: Won, at: Timestamp
    ) {
        self.id = id
        self.kind = kind
        self.from = from
        self.to = to
        self.amount = amount
        self.paymentID = paymentID
        self.balance = balance
        self.at = at
    }
}

extension UserID {
    /// A fan's account in the ledger has the fan's own id.
    public var account: ID<Account> { ID<Account>(self) }
}
