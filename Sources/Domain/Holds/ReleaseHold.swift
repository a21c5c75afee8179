/// Gives a hold's seats back before they are paid for.
public struct ReleaseHold: Sendable {
    public let userID: UserID
    public let reservationID: ReservationID

    public init(userID: UserID, reservationID: ReservationID) {
        self.userID = userID
        self.reservationID = reservationID
    }

    func decide(on rows: Rows, ids: inout IDSource, now: Timestamp) throws(Refusal) -> Decision {
        guard let reservation = rows.reservations[reservationID], reservation.userID == userID else {
            throw .notFound
        }
        switch reservation.status {
        case .pending: break
        // Given back already: saying so again is the same answer, so that copies of the request agree.
        case .cancelled: return Decision(.released(reservation))
        case .expired: throw .holdExpired
        case .confirmed, .paid, .refunded: throw .wrongState
        }
        guard reservation.expiresAt > now else { throw .holdExpired }
        let over = reservation.entering(.cancelled)
        return over.givingUpSeats(on: rows, event: .reservationCancelled, ids: &ids, now: now) { .released($0) }
    }
}

/// Ends a hold whose deadline has passed: tidies up what the predicate in ``Seat/isFree(at:)`` has already decided.
public struct ExpireHold: Sendable {
    public let reservationID: ReservationID

    public init(reservationID: ReservationID) {
        self.reservationID = reservationID
    }

    /// Not an error: a reservation that was paid, cancelled or given a later deadline in the meantime is unchanged.
    func decide(on rows: Rows, ids: inout IDSource, now: Timestamp) -> Decision {
        guard let reservation = rows.reservations[reservationID], reservation.status == .pending,
            reservation.expiresAt <= now
        else { return Decision(.unchanged) }
        let over = reservation.entering(.expired)
        return over.givingUpSeats(on: rows, event: .reservationExpired, ids: &ids, now: now) { .expired($0) }
    }
}

extension Reservation {
    /// Frees the seats that still belong to this reservation. Those that another fan claimed after the deadline are
    /// left alone; the event names all of them, since it ends the hold as a whole.
    fileprivate func givingUpSeats(
        on rows: Rows, event kind: Event.Kind, ids: inout IDSource, now: Timestamp, outcome: (Reservation) -> Outcome
    ) -> Decision {
        var decision = Decision(outcome(self))
        decision.seats = seats.compactMap { reserved in
            guard let seat = rows.seats[reserved.id], seat.reservationID == id else { return nil }
            return seat.released()
        }
        decision.reservations = [self]
        decision.events = [event(kind, of: seats, amount: amount, ids: &ids, at: now)]
        return decision
    }
}
