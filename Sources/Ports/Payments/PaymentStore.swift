public import Domain

/// What is left to find out or to do about money that goes through a gateway.
public struct PaymentFigures: Hashable, Sendable {
    /// Payments that nobody knows about.
    public var unknownCount: Int
    /// Refunds that the gateway has still to do.
    public var refundsPending: Int
    /// Refunds that it will never do: staff must.
    public var refundsFailed: Int
    /// Since when the oldest of the unknown payments is.
    public var oldestUnknownAt: Timestamp?

    public init(unknownCount: Int, refundsPending: Int, refundsFailed: Int, oldestUnknownAt: Timestamp?) {
        self.unknownCount = unknownCount
        self.refundsPending = refundsPending
        self.refundsFailed = refundsFailed
        self.oldestUnknownAt = oldestUnknownAt
    }
}

/// Finds the payments and refunds that the gateway is to be asked about. Nothing here is answered by a replica: what it
/// does not know yet would be asked for twice. What has come is told by the clock that batches are decided by, and not
/// by that of whoever asks.
public protocol PaymentStore: Sendable {
    /// Payments nobody knows about whose `tryAt` has come, the oldest first.
    func unknownPayments(limit: Int) async throws(Fault) -> [Payment]
    /// Refunds that the gateway has still to do and whose `tryAt` has come, the oldest first, each with its payment.
    func dueRefunds(limit: Int) async throws(Fault) -> [(refund: Refund, payment: Payment)]
    /// In the order they were written.
    func refunds(of payment: PaymentID) async throws(Fault) -> [Refund]
    /// Payments by id, as many as there are.
    func payments(_ ids: [PaymentID]) async throws(Fault) -> [Payment]
    /// Payments with a card part, in order of id, after `after`; with what refunds of each are still `REQUESTED` and
    /// what `DONE`.
    func cardPayments(after: PaymentID?, limit: Int) async throws(Fault)
        -> [(payment: Payment, refundsDone: Won, refundsPending: Won)]
    /// The same of payments by id; one without a card part is left out.
    func cardPayments(_ ids: [PaymentID]) async throws(Fault)
        -> [(payment: Payment, refundsDone: Won, refundsPending: Won)]
    /// Charges of points that were requested so long ago and not paid, the oldest first.
    func overdueCharges(olderThanSeconds seconds: Int, limit: Int) async throws(Fault)
        -> [ExpireCharge]
    /// How many payments are `UNKNOWN` and how many refunds `REQUESTED` or `FAILED`, for metrics.
    func paymentFigures() async throws(Fault) -> PaymentFigures
}
