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
    /// Points that wait for the card that pays the other part.
    public static let reserved = ID<Account>(high: 0, low: 3)
    /// Money that came in through the payment gateway; its balance is negative by what the gateway has taken.
    public static let gateway = ID<Account>(high: 0, low: 4)
}

/// One movement of money from one account to another: a row of the ledger, never changed or removed.
///
/// Double entry in one row: what one account loses another gains, so the sum of all accounts is zero by construction.
public struct Transfer: Hashable, Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        case charge = "CHARGE"
        case payment = "PAYMENT"
        case refund = "REFUND"
        /// Points are set aside for a payment that a card completes.
        case reserve = "RESERVE"
        /// They go back, for the card did not pay.
        case release = "RELEASE"
    }

    public let id: TransferID
    public let kind: Kind
    public let from: ID<Account>
    public let to: ID<Account>
    /// 1 won or more.
    public let amount: Won
    public let paymentID: PaymentID?
    /// What the fan's wallet holds after this transfer. Nil for one between the house's own accounts.
    public let balance: Won?
    public let at: Timestamp

    public init(
        id: TransferID, kind: Kind, from: ID<Account>, to: ID<Account>, amount: Won, paymentID: PaymentID?,
        balance: Won?, at: Timestamp
    ) {
        precondition((balance != nil) == (!from.isHouse || !to.isHouse), "a balance without a wallet, or none with one")
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

extension ID<Account> {
    /// Whether this is one of the house's own accounts, not a fan's.
    public var isHouse: Bool { high == 0 && low < 0x100 }
}

extension Transfer {
    /// The side of the transfer that is a fan's: in whose history it is shown. Nil when neither is.
    public var wallet: ID<Account>? {
        if !from.isHouse { return from }
        return to.isHouse ? nil : to
    }

    /// Told once for each charge.
    func chargedEvent(ids: inout IDSource) -> Event {
        Event(
            id: ids.next(at: at), kind: .pointsCharged, subjectID: ID(id), version: 1, dateID: nil,
            userID: UserID(to), amount: amount, seats: [], at: at)
    }
}
