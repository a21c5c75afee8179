/// What a command decided: its outcome, and every row that changes with it. Nothing has happened yet.
public struct Decision: Sendable {
    public var outcome: Outcome
    public var reservations: [Reservation] = []
    public var seats: [Seat] = []
    public var wallets: [Wallet] = []
    public var payments: [Payment] = []
    public var refunds: [Refund] = []
    public var tickets: [Ticket] = []
    public var transfers: [Transfer] = []
    public var events: [Event] = []
    public var staffActions: [StaffAction] = []
    /// Reservations whose seats were claimed once more, with new fences, after their hold was gone.
    public var retaken: [ReservationID] = []

    public init(_ outcome: Outcome) {
        self.outcome = outcome
    }
}

/// What a command came to, as its caller is told after the commit.
public enum Outcome: Sendable {
    case held(Reservation)
    case released(Reservation)
    case expired(Reservation)
    /// Seats were kept back, or given to the sale again: how many of them that changed.
    case seatsBlocked(count: Int)
    case charged(Transfer)
    case paid(Payment, [Ticket])
    /// A card is to pay; what the fan's wallet holds meanwhile.
    case paymentRequested(Payment, balance: Won)
    /// The gateway may be asked now.
    case captureBegun(Payment)
    /// How a card payment is after the gateway's word, its good tickets, and the fan's wallet.
    case paymentSettled(Payment, [Ticket], wallet: Wallet?)
    case refundSettled(Refund)
    case refunded(Payment, [Ticket])
    case checkedIn(Ticket)
    /// There was nothing to do: a hold that was paid before the sweeper came.
    case unchanged
}
