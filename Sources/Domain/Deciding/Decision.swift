/// What a command decided: its outcome, and every row that changes with it. Nothing has happened yet.
public struct Decision: Sendable {
    public var outcome: Outcome
    public var reservations: [Reservation] = []
    public var seats: [Seat] = []
    public var wallets: [Wallet] = []
    public var payments: [Payment] = []
    public var tickets: [Ticket] = []
    public var transfers: [Transfer] = []
    public var events: [Event] = []
    public var staffActions: [StaffAction] = []

    public init(_ outcome: Outcome) {
        self.outcome = outcome
    }
}

/// What a command came to, as its caller is told after the commit.
public enum Outcome: Sendable {
    case held(Reservation)
    case released(Reservation)
    case expired(Reservation)
    case charged(Transfer)
    case paid(Payment, [Ticket])
    case refunded(Payment, [Ticket])
    case checkedIn(Ticket)
    /// There was nothing to do: a hold that was paid before the sweeper came.
    case unchanged
}
