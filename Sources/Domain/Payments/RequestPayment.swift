/// Fixes what a card is to pay for a held reservation, before the fan is sent to the gateway: `PENDING` → `CONFIRMED`.
///
/// Points that pay a part are set aside at once. A payment that was requested before is withdrawn: the fan changed
/// their mind.
public struct RequestPayment: Sendable {
    public let userID: UserID
    public let reservationID: ReservationID
    /// What the fan's points are to pay: 0 for all by card.
    public let points: Won
    public let policy: PaymentPolicy

    public init(userID: UserID, reservationID: ReservationID, points: Won, policy: PaymentPolicy) {
        precondition(points >= .zero, "points that pay less than nothing")
        self.userID = userID
        self.reservationID = reservationID
        self.points = points
        self.policy = policy
    }

    func decide(on rows: Rows, ids: inout IDSource, now: Timestamp) throws(Refusal) -> Decision {
        var (decision, reservation, wallet) = try rows.payable(reservationID, by: userID, ids: &ids, now: now)
        // A card cannot pay nothing: points do, even where there are none.
        guard reservation.amount > .zero else { throw .wrongState }
        guard points < reservation.amount else { throw .tooManyPoints(max: reservation.amount - Won(1)) }
        guard wallet.balance >= points else { throw .notEnoughPoints(balance: wallet.balance, needed: points) }

        let payment = Payment(
            id: ids.next(at: now), reservationID: reservationID, userID: userID,
            method: points > .zero ? .mixed : .card, status: .requested, amount: reservation.amount, points: points,
            createdAt: now)
        if points > .zero {
            wallet.balance -= points
            decision.wallets = [wallet]
            decision.transfers.append(
                Transfer(
                    id: ids.next(at: now), kind: .reserve, from: userID.account, to: Account.reserved, amount: points,
                    paymentID: payment.id, balance: wallet.balance, at: now))
        }
        let wasPending = reservation.status == .pending
        if wasPending { reservation = reservation.entering(.confirmed) }
        reservation.expiresAt = policy.deadline(of: reservation, atCheckout: now)
        decision.seats = try rows.ownedSeats(of: reservation).map { $0.awaitingPayment(until: reservation.expiresAt) }
        decision.reservations = [reservation]
        decision.payments.append(payment)
        if wasPending {
            decision.events.append(
                reservation.event(
                    .reservationConfirmed, of: reservation.seats, amount: reservation.amount, ids: &ids, at: now))
        }
        decision.outcome = .paymentRequested(payment, balance: wallet.balance)
        return decision
    }
}

/// How long a fan may take to pay by card. Each start moves the deadline, up to a cap, so that it does not pass while
/// the gateway works and nobody keeps seats for ever.
public struct PaymentPolicy: Hashable, Sendable {
    /// How long the gateway's page may take.
    public let checkoutSeconds: Int
    /// How long after the hold began `checkoutSeconds` no longer moves the deadline.
    public let checkoutCapSeconds: Int
    /// How long seats are kept at the least from the moment on that a card is asked to pay.
    public let captureSeconds: Int

    public init(checkoutSeconds: Int, checkoutCapSeconds: Int, captureSeconds: Int) {
        self.checkoutSeconds = checkoutSeconds
        self.checkoutCapSeconds = checkoutCapSeconds
        self.captureSeconds = captureSeconds
    }

    func deadline(of reservation: Reservation, atCheckout now: Timestamp) -> Timestamp {
        let cap = reservation.createdAt.adding(seconds: checkoutCapSeconds)
        return max(reservation.expiresAt, min(now.adding(seconds: checkoutSeconds), cap))
    }

    func deadline(of reservation: Reservation, atCapture now: Timestamp) -> Timestamp {
        let cap = reservation.createdAt.adding(seconds: checkoutCapSeconds + captureSeconds)
        return max(reservation.expiresAt, min(now.adding(seconds: captureSeconds), cap))
    }
}
