/// Ends a payment that stays `UNKNOWN` because the gateway's word and ours do not come together: it captured another
/// amount, or with a key that is another payment's. A person has looked at it, and says so with a reason.
///
/// It cannot see the gateway's word itself: whoever has it decided has asked the gateway right before, and heard that it
/// has captured such money. One that the gateway has not spoken of is never let go, as nobody would look for its money
/// afterwards.
///
/// There is no such call for the other way round: nothing but the gateway's own word makes a payment `CAPTURED`. If that
/// still comes, ``CompletePayment`` does with it what it does with any money that comes late; and what the gateway holds
/// meanwhile stays a difference of the ledgers.
public struct LetPaymentGo: Sendable {
    /// Whose payment it is.
    public let ownerID: UserID
    public let paymentID: PaymentID
    public let staffID: UserID
    public let reason: String

    public init(ownerID: UserID, paymentID: PaymentID, staffID: UserID, reason: String) {
        self.ownerID = ownerID
        self.paymentID = paymentID
        self.staffID = staffID
        self.reason = reason
    }

    func decide(on rows: Rows, ids: inout IDSource, now: Timestamp) throws(Refusal) -> Decision {
        guard let payment = rows.payments[paymentID], payment.userID == ownerID else { throw .notFound }
        guard payment.status == .unknown else { throw .wrongState }
        // The card may be paying at this moment.
        if payment.isClaimed(at: now), let tryAt = payment.tryAt { throw .paymentUnderWay(until: tryAt) }
        var settlement = Settlement(
            payment: payment, wallet: rows.wallets[ownerID] ?? Wallet(userID: ownerID, balance: .zero), rows: rows,
            ids: ids, now: now)
        defer { ids = settlement.ids }
        var decision = settlement.decline(code: DeclineCode.letGo)
        decision.staffActions = [
            StaffAction(
                id: settlement.ids.next(at: now), kind: .paymentLetGo, subjectID: ID(paymentID), staffID: staffID,
                reason: reason, detail: "\(payment.card.amount) won, key \(payment.gatewayKey ?? "-")", at: now)
        ]
        return decision
    }
}
