/// Something that happened, told once for each change of state, inserted in the transaction that caused it.
public struct Event: Hashable, Sendable {
    /// A new kind is read by one release before another one emits it (docs/adr/0013).
    public enum Kind: String, CaseIterable, Sendable {
        case reservationHeld = "reservation.held"
        /// The fan has gone to pay by card.
        case reservationConfirmed = "reservation.confirmed"
        /// The card did not pay; the seats are held for another try.
        case reservationReopened = "reservation.reopened"
        /// The money came after the hold had gone, and the same seats were still free. What follows is its payment.
        case reservationRetaken = "reservation.retaken"
        case reservationPaid = "reservation.paid"
        case reservationCancelled = "reservation.cancelled"
        case reservationExpired = "reservation.expired"
        /// Some of its tickets were refunded; the others stay valid.
        case reservationPartlyRefunded = "reservation.partlyRefunded"
        case reservationRefunded = "reservation.refunded"
        /// A card's money came too late for its seats, and is given back.
        case paymentReturned = "payment.returned"
        /// The gateway will not give money back: staff must.
        case refundFailed = "refund.failed"
        /// The gateway's ledger and ours differ about a payment.
        case ledgerDiffers = "ledger.differs"
        case pointsCharged = "points.charged"
        case ticketUsed = "ticket.used"
        case concertChanged = "concert.changed"
        case dateChanged = "date.changed"
        case layoutReplaced = "layout.replaced"
        /// Staff keep seats back from the sale, or sell them again.
        case seatsBlocked = "seats.blocked"
        case seatsUnblocked = "seats.unblocked"
    }

    /// A seat that the event is about, with its grade and price, so that a consumer can count without looking it up.
    public struct Seat: Hashable, Sendable {
        public let id: SeatID
        /// Index into the grades of the date.
        public let grade: Int
        /// What the seat cost when it was held. The prices of a reservation's event add up to its amount.
        public let price: Won

        public init(id: SeatID, grade: Int, price: Won) {
            self.id = id
            self.grade = grade
            self.price = price
        }
    }

    public let id: EventID
    public let kind: Kind
    /// What it happened to: a reservation, a payment, a refund, a transfer of points, a ticket, a concert or a date. Events of one subject
    /// are delivered in the order of `version`.
    public let subjectID: ID<Event.Subject>
    public let version: Int
    public let dateID: DateID?
    public let userID: UserID?
    public let amount: Won
    public let seats: [Seat]
    public let at: Timestamp

    /// Stands for the type of whatever an event is about.
    public enum Subject {}

    public init(
        id: EventID, kind: Kind, subjectID: ID<Subject>, version: Int, dateID: DateID?, userID: UserID?, amount: Won,
        seats: [Seat], at: Timestamp
    ) {
        self.id = id
        self.kind = kind
        self.subjectID = subjectID
        self.version = version
        self.dateID = dateID
        self.userID = userID
        self.amount = amount
        self.seats = seats
        self.at = at
    }
}
