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
        var decision = Decision(.unchanged)
        switch reservation.status {
        case .pending: break
        case .confirmed:
            guard let open = rows.openPayment(of: reservationID) else {
                preconditionFailure("CONFIRMED without an open payment")
            }
            // A card may be paying at this moment.
            guard open.status == .requested else { throw .paymentUnderWay(until: open.tryAt ?? now) }
            var wallet = rows.wallets[userID] ?? Wallet(userID: userID, balance: .zero)
            decision.decline(open, code: DeclineCode.withdrawn, wallet: &wallet, ids: &ids, at: now)
        // Given back already: saying so again is the same answer, so that copies of the request agree.
        case .cancelled: return Decision(.released(reservation))
        case .expired: throw .holdExpired
        case .paid, .refunded: throw .wrongState
        }
        guard reservation.expiresAt > now else { throw .holdExpired }
        let over = reservation.entering(.cancelled)
        decision.giveUpSeats(of: over, on: rows, event: .reservationCancelled, ids: &ids, now: now)
        decision.outcome = .released(over)
        return decision
    }
}

/// Ends a hold whose deadline has passed. For one that nobody began to pay, this tidies up what the predicate in
/// ``Seat/isFree(at:)`` has already decided; one that waits for a card ends here.
public struct ExpireHold: Hashable, Sendable {
    public let reservationID: ReservationID
    /// Whose hold it is: points that were set aside go back to their wallet.
    public let ownerID: UserID

    public init(reservationID: ReservationID, ownerID: UserID) {
        self.reservationID = reservationID
        self.ownerID = ownerID
    }

    /// Not an error: a reservation that was paid, cancelled or given a later deadline in the meantime is unchanged.
    ///
    /// A payment that nobody knows about stays so, with the points that were set aside for it: the money may still
    /// come, and ``CompletePayment`` says what becomes of it.
    func decide(on rows: Rows, ids: inout IDSource, now: Timestamp) -> Decision {
        guard let reservation = rows.reservations[reservationID], reservation.userID == ownerID,
            reservation.status == .pending || reservation.status == .confirmed, reservation.expiresAt <= now
        else { return Decision(.unchanged) }
        var decision = Decision(.unchanged)
        if reservation.status == .confirmed, let open = rows.openPayment(of: reservationID), open.status == .requested {
            var wallet = rows.wallets[ownerID] ?? Wallet(userID: ownerID, balance: .zero)
            decision.decline(open, code: DeclineCode.expired, wallet: &wallet, ids: &ids, at: now)
        }
        let over = reservation.entering(.expired)
        decision.giveUpSeats(of: over, on: rows, event: .reservationExpired, ids: &ids, now: now)
        decision.outcome = .expired(over)
        return decision
    }
}

extension Decision {
    /// Frees the seats that still belong to a reservation that is over. Those that another fan claimed after the
    /// deadline are left alone; the event names all of them, since it ends the hold as a whole.
    fileprivate mutating func giveUpSeats(
        of over: Reservation, on rows: Rows, event kind: Event.Kind, ids: inout IDSource, now: Timestamp
    ) {
        seats = rows.stillOwnedSeats(of: over).map { $0.released() }
        reservations = [over]
        events.append(over.event(kind, of: over.seats, amount: over.amount, ids: &ids, at: now))
    }
}

extension Rows {
    /// The seats of a reservation that nobody else has claimed since.
    func stillOwnedSeats(of reservation: Reservation) -> [Seat] {
        reservation.seats.compactMap { reserved in
            seats[reserved.id].flatMap { $0.reservationID == reservation.id ? $0 : nil }
        }
    }
}
