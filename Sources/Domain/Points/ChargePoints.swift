/// Puts money into a fan's wallet. The money itself has been taken before.
public struct ChargePoints: Sendable {
    /// What one charge may be: 1 to 10,000,000 won.
    public static let amounts: ClosedRange<Int64> = 1...10_000_000

    public let userID: UserID
    /// Within ``amounts``.
    public let amount: Won

    public init(userID: UserID, amount: Won) {
        precondition(Self.amounts.contains(amount.amount), "a charge outside of ChargePoints.amounts")
        self.userID = userID
        self.amount = amount
    }

    func decide(on rows: Rows, ids: inout IDSource, now: Timestamp) throws(Refusal) -> Decision {
        var wallet = rows.wallets[userID] ?? Wallet(userID: userID, balance: .zero)
        wallet.balance += amount
        guard wallet.balance <= .max else { throw .balanceTooLarge }
        let transfer = Transfer(
            id: ids.next(at: now), kind: .charge, from: Account.funding, to: userID.account, amount: amount,
            paymentID: nil, balance: wallet.balance, at: now)
        var decision = Decision(.charged(transfer))
        decision.wallets = [wallet]
        decision.transfers = [transfer]
        decision.events = [transfer.chargedEvent(ids: &ids)]
        return decision
    }
}
