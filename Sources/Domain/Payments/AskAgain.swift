/// Takes it upon the caller to ask the gateway about a payment that nobody knows about. Whoever else would ask meanwhile is
/// told that somebody does.
public struct AskAgain: Sendable {
    /// Whose payment it is.
    public let ownerID: UserID
    public let paymentID: PaymentID
    /// Who asks.
    public let claim: ClaimID
    /// How long the asking may take. If nothing comes of it, it is anybody's again afterwards.
    public let tryMs: Int

    public init(ownerID: UserID, paymentID: PaymentID, claim: ClaimID, tryMs: Int) {
        self.ownerID = ownerID
        self.paymentID = paymentID
        self.claim = claim
        self.tryMs = tryMs
    }

    /// Not an error: a claim that is the caller's own already, since the commit before had an outcome nobody knew.
    func decide(on rows: Rows, now: Timestamp) throws(Refusal) -> Decision {
        guard var payment = rows.payments[paymentID], payment.userID == ownerID else { throw .notFound }
        guard payment.status == .unknown else { throw .wrongState }
        if let tryAt = payment.tryAt, tryAt > now {
            guard payment.claim == claim else { throw .paymentUnderWay(until: tryAt) }
            return Decision(.captureBegun(payment))
        }
        payment.claim = claim
        payment.tryAt = now.adding(milliseconds: Int64(tryMs))
        var decision = Decision(.captureBegun(payment))
        decision.payments = [payment]
        return decision
    }
}

/// Says that nobody asks any more, though nothing came of it: the gateway could not be reached, or what it says does not
/// fit. So the next one need not wait for the claim to run out.
public struct HandBack: Sendable {
    /// Whose payment it is.
    public let ownerID: UserID
    public let paymentID: PaymentID
    /// Only this one's is handed back.
    public let claim: ClaimID
    /// When the gateway is to be asked again.
    public let retryMs: Int

    public init(ownerID: UserID, paymentID: PaymentID, claim: ClaimID, retryMs: Int) {
        self.ownerID = ownerID
        self.paymentID = paymentID
        self.claim = claim
        self.retryMs = retryMs
    }

    /// Not an error: a claim that has ended, or that another has taken over.
    func decide(on rows: Rows, now: Timestamp) throws(Refusal) -> Decision {
        guard var payment = rows.payments[paymentID], payment.userID == ownerID else { throw .notFound }
        var decision = Decision(.unchanged)
        guard payment.status == .unknown, payment.claim == claim else { return decision }
        payment.endClaim(until: now.adding(milliseconds: Int64(retryMs)))
        decision.payments = [payment]
        return decision
    }
}
