// What the commands that take money for a reservation share.

extension Rows {
    /// A reservation that its fan may pay now, after a card payment that was requested for it before is withdrawn.
    ///
    /// - Returns: What withdrawing changes, the reservation, and the fan's wallet as it is then.
    func payable(
        _ id: ReservationID, by user: UserID, ids: inout IDSource, now: Timestamp
    ) throws(Refusal) -> (Decision, Reservation, Wallet) {
        guard let reservation = reservations[id], reservation.userID == user else { throw .notFound }
        var decision = Decision(.unchanged)
        var wallet = wallets[user] ?? Wallet(userID: user, balance: .zero)
        switch reservation.status {
        case .pending: break
        case .confirmed:
            guard let open = openPayment(of: id) else { preconditionFailure("CONFIRMED without an open payment") }
            guard open.status == .requested else { throw .paymentUnderWay(until: open.tryAt ?? now) }
            decision.decline(open, code: DeclineCode.withdrawn, wallet: &wallet, ids: &ids, at: now)
        case .expired: throw .holdExpired
        case .paid, .cancelled, .refunded: throw .wrongState
        }
        guard reservation.expiresAt > now else { throw .holdExpired }
        // A sale that has merely closed lets those finish who hold seats; one that was cancelled takes no money.
        if let sale = sales[reservation.dateID], sale.isCancelled { throw .saleClosed }
        return (decision, reservation, wallet)
    }

    /// The seats of a reservation, with the fences that it was given.
    ///
    /// A clock may go back by a second: past the deadline another fan claimed a seat, and now it is before it.
    func ownedSeats(of reservation: Reservation) throws(Refusal) -> [Seat] {
        var owned: [Seat] = []
        for reserved in reservation.seats {
            guard let seat = seats[reserved.id], seat.reservationID == reservation.id, seat.fence == reserved.fence
            else { throw .holdExpired }
            owned.append(seat)
        }
        return owned
    }
}

extension Decision {
    /// Sells a reservation's seats: `PAID`, with a ticket for each.
    ///
    /// - Parameter owned: The reservation's seats, with its fences.
    /// - Returns: The tickets.
    mutating func sell(_ reservation: Reservation, owned: [Seat], ids: inout IDSource, at now: Timestamp) -> [Ticket] {
        let paid = reservation.entering(.paid)
        seats += owned.map { $0.sold() }
        let issued = paid.seats.map { reserved in
            let id: TicketID = ids.next(at: now)
            return Ticket(
                id: id, reservationID: paid.id, dateID: paid.dateID, userID: paid.userID, seat: reserved,
                code: TicketCode(ticketID: id, secret: ids.nextSecret()), createdAt: now)
        }
        tickets += issued
        reservations = [paid]
        events.append(paid.event(.reservationPaid, of: paid.seats, amount: paid.amount, ids: &ids, at: now))
        return issued
    }

    /// Ends a payment that no card has paid, and gives back the points that were set aside for it.
    mutating func decline(
        _ payment: Payment, code: String, wallet: inout Wallet, ids: inout IDSource, at now: Timestamp
    ) {
        var declined = payment
        declined.status = .declined
        declined.declineCode = code
        declined.endClaim(until: nil)
        payments.append(declined)
        guard payment.points > .zero, payment.reservationID != nil else { return }
        wallet.balance += payment.points
        wallets = [wallet]
        transfers.append(
            Transfer(
                id: ids.next(at: now), kind: .release, from: Account.reserved, to: payment.userID.account,
                amount: payment.points, paymentID: payment.id, balance: wallet.balance, at: now))
    }

    /// Brings the points that were set aside and the card's money to the house's sales.
    mutating func book(_ payment: Payment, ids: inout IDSource, at now: Timestamp) {
        for (account, amount) in [(Account.reserved, payment.points), (Account.gateway, payment.card)]
        where amount > .zero {
            transfers.append(
                Transfer(
                    id: ids.next(at: now), kind: .payment, from: account, to: Account.sales, amount: amount,
                    paymentID: payment.id, balance: nil, at: now))
        }
    }
}
