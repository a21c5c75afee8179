/// Where a seat is, in the words that are printed on a ticket: section "A", row "12", number "7".
public struct SeatLabel: Hashable, Sendable {
    public let section: String
    public let row: String
    public let number: String

    public init(section: String, row: String, number: String) {
        self.section = section
        self.row = row
        self.number = number
    }
}

/// What a seat shows, always equal to the state of the reservation that owns it.
public enum SeatState: String, CaseIterable, Sendable {
    case available = "AVAILABLE"
    case pending = "PENDING"
    case confirmed = "CONFIRMED"
    case paid = "PAID"
    /// Kept back by staff.
    case blocked = "BLOCKED"
}

/// One seat of one date, as the store keeps it: the only truth about who has it.
public struct Seat: Hashable, Sendable {
    public let id: SeatID
    public let dateID: DateID
    public let label: SeatLabel
    /// Index into the grades of the date.
    public let grade: Int
    public var state: SeatState
    public var reservationID: ReservationID?
    /// The deadline of a `PENDING` or `CONFIRMED` seat. Exclusive: at this moment a `PENDING` seat is free; a
    /// `CONFIRMED` one waits for the gateway's word.
    public var heldUntil: Timestamp?
    /// Grows by one with every change of owner. Whoever confirms or pays names the fence it was given.
    public var fence: Int64
    /// Grows by one with every change at all, so that of two copies of a row the newer is known without a clock.
    public var version: Int64

    public init(
        id: SeatID, dateID: DateID, label: SeatLabel, grade: Int, state: SeatState = .available,
        reservationID: ReservationID? = nil, heldUntil: Timestamp? = nil, fence: Int64 = 0,
        version: Int64 = 0
    ) {
        self.id = id
        self.dateID = dateID
        self.label = label
        self.grade = grade
        self.state = state
        self.reservationID = reservationID
        self.heldUntil = heldUntil
        self.fence = fence
        self.version = version
    }
}

extension Seat {
    /// A hold ends by this predicate, to the millisecond, whether or not a sweeper ever runs.
    public func isFree(at now: Timestamp) -> Bool {
        switch state {
        case .available: true
        case .pending: heldUntil.map { $0 <= now } ?? false
        case .confirmed, .paid, .blocked: false
        }
    }

    /// The seat in the hands of a new owner.
    func claimed(by reservation: ReservationID, until: Timestamp) -> Seat {
        var seat = self
        seat.state = .pending
        seat.reservationID = reservation
        seat.heldUntil = until
        seat.fence += 1
        seat.version += 1
        return seat
    }

    /// The seat in nobody's hands.
    func released() -> Seat {
        var seat = self
        seat.state = .available
        seat.reservationID = nil
        seat.heldUntil = nil
        seat.fence += 1
        seat.version += 1
        return seat
    }

    /// The seat kept back from the sale. A reservation whose hold has run out may still know the seat's fence, so that
    /// grows; a seat that nobody ever had keeps fence 0, which is what lets its layout be replaced.
    func blocked() -> Seat {
        var seat = self
        seat.state = .blocked
        seat.reservationID = nil
        seat.heldUntil = nil
        if seat.fence > 0 { seat.fence += 1 }
        seat.version += 1
        return seat
    }

    /// The seat on sale again. Nobody had it meanwhile, so its fence stays.
    func unblocked() -> Seat {
        var seat = self
        seat.state = .available
        seat.version += 1
        return seat
    }

    /// The same owner's seat while a card is asked to pay: only the gateway's word or the sweeper frees it.
    func awaitingPayment(until: Timestamp) -> Seat {
        var seat = self
        seat.state = .confirmed
        seat.heldUntil = until
        seat.version += 1
        return seat
    }

    /// The same owner's seat after the card was declined: the deadline counts again.
    func pending() -> Seat {
        var seat = self
        seat.state = .pending
        seat.version += 1
        return seat
    }

    /// The same owner's seat, paid: it has no deadline any more.
    func sold() -> Seat {
        var seat = self
        seat.state = .paid
        seat.heldUntil = nil
        seat.version += 1
        return seat
    }
}
