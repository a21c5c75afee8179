/// A fan's claim on seats of one date, from the hold to the ticket. It owns the state; its seats show it.
public struct Reservation: Hashable, Sendable {
    /// `PENDING` → `CONFIRMED` → `PAID`, and the ends beside it. docs/sequences.md has the diagram.
    public enum Status: String, CaseIterable, Sendable {
        case pending = "PENDING"
        case confirmed = "CONFIRMED"
        case paid = "PAID"
        case expired = "EXPIRED"
        case cancelled = "CANCELLED"
        case refunded = "REFUNDED"

        /// A reservation that is over owns no seat.
        public var isOver: Bool {
            switch self {
            case .pending, .confirmed, .paid: false
            case .expired, .cancelled, .refunded: true
            }
        }
    }

    public let id: ReservationID
    public let dateID: DateID
    public let userID: UserID
    public var status: Status
    /// In order of id. A ticket that was refunded keeps its place here.
    public var seats: [ReservedSeat]
    /// How many of `seats` still belong to it: fewer after a refund of some.
    public var seatCount: Int
    /// What all of `seats` cost when they were held.
    public let amount: Won
    /// When the hold ends. Exclusive, and of no meaning once paid.
    public var expiresAt: Timestamp
    public let createdAt: Timestamp
    /// Counts the changes of state from 1 on. Each has one event with the same number.
    public var version: Int

    public init(
        id: ReservationID, dateID: DateID, userID: UserID, status: Status, seats: [ReservedSeat], seatCount: Int,
        amount: Won, expiresAt: Timestamp, createdAt: Timestamp, version: Int
    ) {
        self.id = id
        self.dateID = dateID
        self.userID = userID
        self.status = status
        self.seats = seats
        self.seatCount = seatCount
        self.amount = amount
        self.expiresAt = expiresAt
        self.createdAt = createdAt
        self.version = version
    }
}

/// A seat of a reservation, at the price and with the fence of the moment it was held.
public struct ReservedSeat: Hashable, Sendable {
    public let id: SeatID
    public let label: SeatLabel
    public let grade: String
    public let gradeIndex: Int
    public let price: Won
    public let fence: Int64

    public init(id: SeatID, label: SeatLabel, grade: String, gradeIndex: Int, price: Won, fence: Int64) {
        self.id = id
        self.label = label
        self.grade = grade
        self.gradeIndex = gradeIndex
        self.price = price
        self.fence = fence
    }
}

extension ReservedSeat {
    func withFence(_ fence: Int64) -> ReservedSeat {
        ReservedSeat(id: id, label: label, grade: grade, gradeIndex: gradeIndex, price: price, fence: fence)
    }
}

/// The part of a reservation that counts against how many seats its fan may have.
public struct Claim: Hashable, Sendable {
    public let reservationID: ReservationID
    public var status: Reservation.Status
    public var seatCount: Int
    public var expiresAt: Timestamp

    public init(reservationID: ReservationID, status: Reservation.Status, seatCount: Int, expiresAt: Timestamp) {
        self.reservationID = reservationID
        self.status = status
        self.seatCount = seatCount
        self.expiresAt = expiresAt
    }

    /// Seats that count now: those of a hold whose deadline has passed count no more, swept or not.
    public func seats(at now: Timestamp) -> Int {
        switch status {
        case .pending: expiresAt > now ? seatCount : 0
        case .confirmed, .paid: seatCount
        case .expired, .cancelled, .refunded: 0
        }
    }
}

extension Reservation {
    public var claim: Claim {
        Claim(reservationID: id, status: status, seatCount: seatCount, expiresAt: expiresAt)
    }

    /// The reservation in its next state, its version counted up.
    func entering(_ status: Status) -> Reservation {
        var next = self
        next.status = status
        next.version += 1
        return next
    }

    /// An event about this reservation in the state it has just entered.
    func event(_ kind: Event.Kind, of seats: [ReservedSeat], amount: Won, ids: inout IDSource, at now: Timestamp)
        -> Event
    {
        Event(
            id: ids.next(at: now), kind: kind, subjectID: ID(id), version: version, dateID: dateID, userID: userID,
            amount: amount, seats: seats.map { Event.Seat(id: $0.id, grade: $0.gradeIndex, price: $0.price) }, at: now)
    }
}
