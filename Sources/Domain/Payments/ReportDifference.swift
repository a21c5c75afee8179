/// Announces that the gateway's ledger and ours differ about a payment, for whoever must look at it.
public struct ReportDifference: Sendable {
    /// Nil when only the gateway knows it: the event is about an id of its own then.
    public let paymentID: PaymentID?
    public let userID: UserID?
    /// By how much, without its sign.
    public let amount: Won

    public init(paymentID: PaymentID?, userID: UserID?, amount: Won) {
        self.paymentID = paymentID
        self.userID = userID
        self.amount = amount
    }

    func decide(ids: inout IDSource, now: Timestamp) -> Decision {
        var decision = Decision(.unchanged)
        decision.events = [
            Event(
                id: ids.next(at: now), kind: .ledgerDiffers, subjectID: ID(paymentID ?? ids.next(at: now)), version: 1,
                dateID: nil,
                userID: userID, amount: amount, seats: [], at: now)
        ]
        return decision
    }
}
