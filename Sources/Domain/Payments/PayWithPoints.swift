/// Pays a held reservation out of the fan's wallet and issues its tickets, at once: `PENDING` → `PAID`.
public struct PayWithPoints: Sendable {
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
        case .expired: throw .holdExpired
        case .confirmed, .paid, .cancelled, .refunded: throw .wrongState
        }
        guard reservation.expiresAt > now else { throw .holdExpired }
        // A sale that has merely closed lets those finish who hold seats; one that was cancelled takes no money.
        if let sale = rows.sales[reservation.dateID], sale.isCancelled { throw .saleClosed }
        var wallet = rows.wallets[userID] ?? Wallet(userID: userID, balance: .zero)
        guard wallet.balance >= reservation.amount else {
            throw .notEnoughPoints(balance: wallet.balance, needed: reservation.amount)
        }

        let paid = reservation.entering(.paid)
        var decision = Decision(.unchanged)
        let payment = Payment(
            id: ids.next(at: now), reservationID: reservationID, userID: userID, method: .points, status: .captured,
            amount: reservation.amount, refunded: .zero, createdAt: now)
        for reserved in reservation.seats {
            // A clock may go back by a second: past the deadline another fan claimed the seat, and now it is before it.
            guard let seat = rows.seats[reserved.id], seat.reservationID == reservationID, seat.fence == reserved.fence
            else { throw .holdExpired }
            decision.seats.append(seat.sold())
            let ticketID: TicketID = ids.next(at: now)
            decision.tickets.append(
                Ticket(
                    id: ticketID, reservationID: reservationID, dateID: reservation.dateID, userID: userID,
                    seat: reserved, code: TicketCode(ticketID: ticketID, secret: ids.nextSecret()), createdAt: now))
        }
        wallet.balance -= reservation.amount
        decision.wallets = [wallet]
        if reservation.amount > .zero {
            decision.transfers = [
                Transfer(
                    id: ids.next(at: now), kind: .payment, from: userID.account, to: Account.sales,
                    amount: reservation.amount, paymentID: payment.id, balance: wallet.balance, at: now)
            ]
        }
        decision.reservations = [paid]
        decision.payments = [payment]
        decision.events = [
            paid.event(.reservationPaid, of: paid.seats, amount: paid.amount, ids: &ids, at: now)
        ]
        decision.outcome = .paid(payment, decision.tickets)
        return decision
    }
}
