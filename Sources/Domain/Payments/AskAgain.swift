/// Takes it upon the caller to ask the gateway about a payment that nobody knows about. Whoever else would ask meanwhile is
/// told that somebody does.
public struct AskAgain: Sendable {
    /// Whose payment it is.
    public let ownerID: UserID
    public let paymentID: PaymentID
    /// How long the asking may take. If nothing comes of it, it is anybody's again afterwards.
    public let tryMs: Int

    public init(ownerID: UserID, paymentID: PaymentID, tryMs: Int) {
        self.ownerID = ownerID
        self.paymentID = paymentID
        self.tryMs = tryMs
    }

    func decide(on rows: Rows, now: Timestamp) throws(Refusal) -> Decision {
        guard var payment = rows.payments[paymentID], payment.userID == ownerID else { throw .notFound }
        guard payment.status == .unknown else { throw .wrongState }
        if let tryAt = payment.tryAt, tryAt > now { throw .paymentUnderWay(until: tryAt) }
        payment.tryAt = now.adding(milliseconds: Int64(tryMs))
        var decision = Decision(.captureBegun(payment))
        decision.payments = [payment]
        return decision
    }
}
