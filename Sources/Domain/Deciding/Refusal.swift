/// A business "no". It has no effect, leaves no record, and is never retried by the program.
///
/// The order of the cases is their precedence: where several reasons apply, the first listed is the answer. The raw
/// words of ``code`` are part of the API and never change.
public enum Refusal: Error, Hashable, Sendable {
    /// The fan's queue token is good, but it is not the fan's turn.
    case notAdmitted
    /// There is no such thing, or it is somebody else's.
    case notFound
    /// These ids are not seats of the date.
    case unknownSeats([SeatID])
    /// The sale has not opened yet, has closed, or the date is cancelled.
    case saleClosed
    /// The state does not allow it: paying what is paid, giving back what is over.
    case wrongState
    /// More seats than one fan may have of this date.
    case tooManySeats(max: Int)
    /// Somebody else has these seats.
    case seatTaken([SeatID])
    /// No adjacent seats of the grade are left.
    case noSeatsLeft
    /// The gateway is being asked about this payment; nobody knows before.
    case paymentUnderWay(until: Timestamp)
    /// The hold's deadline has passed.
    case holdExpired
    /// What the client was told a card is to pay is not what this payment is.
    case amountMismatch(expected: Won)
    /// The gateway's key is not this payment's: it is another's, or the gateway does not know it.
    case paymentKeyInvalid
    /// Points cannot pay all of a payment that a card completes.
    case tooManyPoints(max: Won)
    case notEnoughPoints(balance: Won, needed: Won)
    /// The wallet would hold more than ``Won/max``.
    case balanceTooLarge
    /// The ticket is good for another date than the door asked for.
    case ticketOfOtherDate(DateID)
    /// The ticket has been used; when and where.
    case ticketUsed(at: Timestamp, gate: String?)
    /// The ticket was refunded.
    case ticketVoid
    /// The same idempotency key came with another request.
    case idempotencyKeyReused

    public var code: String {
        switch self {
        case .notAdmitted: "notAdmitted"
        case .notFound: "notFound"
        case .unknownSeats: "notFound"
        case .saleClosed: "saleClosed"
        case .wrongState: "wrongState"
        case .tooManySeats: "tooManySeats"
        case .seatTaken: "seatTaken"
        case .noSeatsLeft: "noSeatsLeft"
        case .holdExpired: "holdExpired"
        case .paymentUnderWay: "paymentUnderWay"
        case .amountMismatch: "amountMismatch"
        case .paymentKeyInvalid: "paymentKeyInvalid"
        case .tooManyPoints: "tooManyPoints"
        case .notEnoughPoints: "notEnoughPoints"
        case .balanceTooLarge: "balanceTooLarge"
        case .ticketOfOtherDate: "ticketOfOtherDate"
        case .ticketUsed: "ticketUsed"
        case .ticketVoid: "ticketVoid"
        case .idempotencyKeyReused: "idempotencyKeyReused"
        }
    }
}
