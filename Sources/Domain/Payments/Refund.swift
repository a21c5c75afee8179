/// Card money that is owed back. The tickets are void from the moment it is written; the gateway is asked until it has
/// given the money back, each time with this id, so that it does so once.
public struct Refund: Hashable, Sendable {
    public enum Status: String, CaseIterable, Sendable {
        case requested = "REQUESTED"
        case done = "DONE"
        /// The gateway will not do it: staff must.
        case failed = "FAILED"
        /// Staff did: the fan has the money, though the gateway may not have moved it.
        case settled = "SETTLED"
    }

    public let id: RefundID
    public let paymentID: PaymentID
    /// What goes back to the card: 1 won or more.
    public let amount: Won
    /// Why, for the gateway and for staff.
    public let reason: String
    public var status: Status
    /// When the gateway is asked next; nobody else asks before.
    public var tryAt: Timestamp
    /// How often it was asked.
    public var tryCount: Int
    public let createdAt: Timestamp

    public init(
        id: RefundID, paymentID: PaymentID, amount: Won, reason: String, status: Status = .requested,
        tryAt: Timestamp, tryCount: Int = 0, createdAt: Timestamp
    ) {
        self.id = id
        self.paymentID = paymentID
        self.amount = amount
        self.reason = reason
        self.status = status
        self.tryAt = tryAt
        self.tryCount = tryCount
        self.createdAt = createdAt
    }
}

/// What the gateway said of a capture.
public enum CaptureResult: Hashable, Sendable {
    /// The card has paid this much.
    case captured(amount: Won)
    /// The card will not pay; the gateway's code.
    case declined(code: String)
    /// The key is not this payment's: nothing was captured with it, and the right one may still come.
    case wrongKey
    /// Nobody knows: it did not answer in time, or failed.
    case unknown
    /// The gateway was not asked: no time was left, or its calls are held back. It counts as nothing.
    case notSent
}
