/// Takes the gateway's word about money that it was to give back.
public struct SettleRefund: Sendable {
    public enum Result: Hashable, Sendable {
        case done
        /// It will never do it; its code, for staff.
        case refused(code: String)
        /// Nobody knows: it is asked again so much later.
        case unknown(retryMs: Int)
    }

    public let refundID: RefundID
    public let paymentID: PaymentID
    public let result: Result

    public init(refundID: RefundID, paymentID: PaymentID, result: Result) {
        self.refundID = refundID
        self.paymentID = paymentID
        self.result = result
    }

    func decide(on rows: Rows, ids: inout IDSource, now: Timestamp) throws(Refusal) -> Decision {
        guard var refund = rows.refunds[refundID], refund.paymentID == paymentID else { throw .notFound }
        var decision = Decision(.refundSettled(refund))
        guard refund.status == .requested else { return decision }
        refund.tryCount += 1
        switch result {
        case .done: refund.status = .done
        case .unknown(let retryMs): refund.tryAt = now.adding(milliseconds: Int64(retryMs))
        case .refused:
            refund.status = .failed
            decision.events = [
                Event(
                    id: ids.next(at: now), kind: .refundFailed, subjectID: ID(refund.id), version: 1, dateID: nil,
                    userID: rows.payments[paymentID]?.userID, amount: refund.amount, seats: [], at: now)
            ]
        }
        decision.refunds = [refund]
        decision.outcome = .refundSettled(refund)
        return decision
    }
}
