/// Notes that staff gave back what the gateway refused to: by transfer, or they found it done there. Only a person knows
/// such a thing, so it stands in the audit log with their name.
///
/// The books do not change: what was refunded was owed from the moment that it was decided.
public struct SettleRefundByHand: Sendable {
    public let refundID: RefundID
    public let staffID: UserID
    /// How the fan got the money.
    public let reason: String

    public init(refundID: RefundID, staffID: UserID, reason: String) {
        self.refundID = refundID
        self.staffID = staffID
        self.reason = reason
    }

    func decide(on rows: Rows, ids: inout IDSource, now: Timestamp) throws(Refusal) -> Decision {
        guard var refund = rows.refunds[refundID] else { throw .notFound }
        // One that the gateway may still do would be paid twice.
        guard refund.status == .failed else { throw .wrongState }
        refund.status = .settled
        var decision = Decision(.refundSettled(refund))
        decision.refunds = [refund]
        decision.staffActions = [
            StaffAction(
                id: ids.next(at: now), kind: .refundSettled, subjectID: ID(refundID), staffID: staffID, reason: reason,
                detail: "\(refund.amount.amount) won of payment \(refund.paymentID)", at: now)
        ]
        return decision
    }
}
