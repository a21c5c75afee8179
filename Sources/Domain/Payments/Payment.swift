/// One attempt to pay a reservation.
public struct Payment: Hashable, Sendable {
    public enum Method: String, CaseIterable, Sendable {
        case points = "POINTS"
        case card = "CARD"
        case mixed = "MIXED"
    }

    public enum Status: String, CaseIterable, Sendable {
        case requested = "REQUESTED"
        case captured = "CAPTURED"
        case declined = "DECLINED"
        /// Nobody knows yet: the gateway timed out or failed. Never treated as a failure.
        case unknown = "UNKNOWN"
        case partiallyRefunded = "PARTIALLY_REFUNDED"
        case refunded = "REFUNDED"
    }

    public let id: PaymentID
    public let reservationID: ReservationID
    public let userID: UserID
    public let method: Method
    public var status: Status
    public let amount: Won
    public var refunded: Won
    public let createdAt: Timestamp

    public init(
        id: PaymentID, reservationID: ReservationID, userID: UserID, method: Method, status: Status, amount: Won,
        refunded: Won, createdAt: Timestamp
    ) {
        self.id = id
        self.reservationID = reservationID
        self.userID = userID
        self.method = method
        self.status = status
        self.amount = amount
        self.refunded = refunded
        self.createdAt = createdAt
    }
}
