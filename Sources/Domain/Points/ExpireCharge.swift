/// Ends a charge of points that the fan did not come back to pay. If the card pays after all, ``CompletePayment`` credits
/// the points, as it does with any money that comes late.
public struct ExpireCharge: Hashable, Sendable {
    public let paymentID: PaymentID
    /// Whose charge it is.
    public let ownerID: UserID
    /// How long the gateway's page may take.
    public let afterSeconds: Int

    public init(paymentID: PaymentID, ownerID: UserID, afterSeconds: Int) {
        self.paymentID = paymentID
        self.ownerID = ownerID
        self.afterSeconds = afterSeconds
    }

    /// Not an error: a charge that the card is paying, that is over, or whose time has not come.
    func decide(on rows: Rows, ids: inout IDSource, now: Timestamp) -> Decision {
        var decision = Decision(.unchanged)
        guard let charge = rows.payments[paymentID], charge.userID == ownerID, charge.reservationID == nil,
            charge.status == .requested, charge.createdAt.adding(seconds: afterSeconds) <= now
        else { return decision }
        // No points were set aside for it, so the wallet stays as it is.
        var wallet = Wallet(userID: ownerID, balance: .zero)
        decision.decline(charge, code: DeclineCode.expired, wallet: &wallet, ids: &ids, at: now)
        return decision
    }
}
