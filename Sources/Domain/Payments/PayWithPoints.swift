/// Pays a held reservation out of the fan's wallet and issues its tickets, at once: `PENDING` → `PAID`. A card payment
/// that was requested before is withdrawn.
public struct PayWithPoints: Sendable {
    public let userID: UserID
    public let reservationID: ReservationID

    public init(userID: UserID, reservationID: ReservationID) {
        self.userID = userID
        self.reservationID = reservationID
    }

    func decide(on rows: Rows, ids: inout IDSource, now: Timestamp) throws(Refusal) -> Decision {
        var (decision, reservation, wallet) = try rows.payable(reservationID, by: userID, ids: &ids, now: now)
        guard wallet.balance >= reservation.amount else {
            throw .notEnoughPoints(balance: wallet.balance, needed: reservation.amount)
        }
        let payment = Payment(
            id: ids.next(at: now), reservationID: reservationID, userID: userID, method: .points, status: .captured,
            amount: reservation.amount, points: reservation.amount, createdAt: now)
        let owned = try rows.ownedSeats(of: reservation)
        let tickets = decision.sell(reservation, owned: owned, ids: &ids, at: now)
        wallet.balance -= reservation.amount
        decision.wallets = [wallet]
        if reservation.amount > .zero {
            decision.transfers.append(
                Transfer(
                    id: ids.next(at: now), kind: .payment, from: userID.account, to: Account.sales,
                    amount: reservation.amount, paymentID: payment.id, balance: wallet.balance, at: now))
        }
        decision.payments.append(payment)
        decision.outcome = .paid(payment, tickets)
        return decision
    }
}
