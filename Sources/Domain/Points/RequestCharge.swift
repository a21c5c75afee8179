/// Stores that a fan wants to charge points with a card, before they are sent to the gateway.
public struct RequestCharge: Sendable {
    public let userID: UserID
    /// Within ``ChargePoints/amounts``.
    public let amount: Won

    public init(userID: UserID, amount: Won) {
        precondition(ChargePoints.amounts.contains(amount.amount), "a charge outside of ChargePoints.amounts")
        self.userID = userID
        self.amount = amount
    }

    func decide(on rows: Rows, ids: inout IDSource, now: Timestamp) throws(Refusal) -> Decision {
        let balance = rows.wallets[userID]?.balance ?? .zero
        guard balance + amount <= .max else { throw .balanceTooLarge }
        let payment = Payment(
            id: ids.next(at: now), reservationID: nil, userID: userID, method: .card, status: .requested,
            amount: amount, points: .zero, createdAt: now)
        var decision = Decision(.paymentRequested(payment, balance: balance))
        decision.payments = [payment]
        return decision
    }
}
