/// Takes the gateway's word about a payment: from the fan's own request, from a webhook that was read back, or from the
/// reconciler. It may come twice, late, and in any order with the end of the hold.
public struct CompletePayment: Sendable {
    /// Whose payment it is.
    public let ownerID: UserID
    public let paymentID: PaymentID
    public let paymentKey: String
    public let result: CaptureResult
    /// When the gateway is to be asked again if it does not know either.
    public let retryMs: Int
    /// Under which it was asked; nil when it was only read.
    public let claim: ClaimID?

    public init(
        ownerID: UserID, paymentID: PaymentID, paymentKey: String, result: CaptureResult, retryMs: Int, claim: ClaimID?
    ) {
        self.ownerID = ownerID
        self.paymentID = paymentID
        self.paymentKey = paymentKey
        self.result = result
        self.retryMs = retryMs
        self.claim = claim
    }

    /// The outcome tells how the payment is now, whether or not this changed it.
    func decide(on rows: Rows, ids: inout IDSource, now: Timestamp) throws(Refusal) -> Decision {
        guard var payment = rows.payments[paymentID], payment.userID == ownerID, payment.card > .zero else {
            throw .notFound
        }
        var settlement = Settlement(
            payment: payment, wallet: rows.wallets[ownerID] ?? Wallet(userID: ownerID, balance: .zero), rows: rows,
            ids: ids, now: now)
        defer { ids = settlement.ids }
        switch (payment.status, result) {
        case (.requested, .captured(let amount)), (.unknown, .captured(let amount)),
            (.declined, .captured(let amount)):
            // The gateway was told amount and order, and captures no other; if it says so, people must look at it.
            guard amount == payment.card, rows.owner(ofKey: paymentKey).map({ $0 == paymentID }) ?? true else {
                return settlement.unchanged
            }
            settlement.payment.gatewayKey = paymentKey
            return settlement.capture()
        // The fan may have tried with another key since, or with another card before: this is not about those.
        case (.unknown, _) where payment.gatewayKey != paymentKey:
            return settlement.unchanged
        // The word of somebody whose claim has ended: whoever asks since hears better. Money counts whoever brings it.
        case (.unknown, _) where !mayEndAsking(about: payment, at: now):
            return settlement.unchanged
        case (.unknown, .declined(let code)):
            return settlement.decline(code: code)
        case (.unknown, .wrongKey):
            return settlement.forgetKey()
        case (.unknown, .unknown):
            payment.endClaim(until: now.adding(milliseconds: Int64(retryMs)))
            payment.tryCount += 1
            settlement.payment = payment
            settlement.decision.payments = [payment]
            return settlement.unchanged
        case (.unknown, .notSent):
            payment.endClaim(until: now.adding(milliseconds: Int64(retryMs)))
            settlement.payment = payment
            settlement.decision.payments = [payment]
            return settlement.unchanged
        // Before a capture has begun, a card that was declined on the gateway's page can be followed by another; and
        // what is settled stays so.
        case (.requested, _), (.declined, _), (.captured, _), (.partiallyRefunded, _), (.refunded, _):
            return settlement.unchanged
        }
    }

    private func mayEndAsking(about payment: Payment, at now: Timestamp) -> Bool {
        guard let claim else { return !payment.isClaimed(at: now) }
        return payment.claim == claim
    }
}

/// What becomes of one payment, and of its reservation or charge, once the gateway has spoken.
struct Settlement {
    var payment: Payment
    var wallet: Wallet
    let rows: Rows
    var ids: IDSource
    let now: Timestamp
    var decision = Decision(.unchanged)

    private var reservation: Reservation? { payment.reservationID.flatMap { rows.reservations[$0] } }

    var unchanged: Decision {
        var decision = decision
        decision.outcome = .paymentSettled(payment, rows.validTickets(of: payment), wallet: wallet)
        return decision
    }

    // MARK: The card has paid

    mutating func capture() -> Decision {
        payment.endClaim(until: nil)
        payment.declineCode = nil
        guard let reservation else { return captureCharge() }
        guard setAsidePoints() else { return giveBack(.reservationGone) }
        switch reservation.status {
        case .confirmed where rows.openPayment(of: reservation.id)?.id == payment.id, .pending:
            guard let owned = try? rows.ownedSeats(of: reservation) else { return giveBack(.reservationGone) }
            return sell(reservation, owned: owned)
        case .expired: return takeAgain(reservation)
        // Paid in another way meanwhile, about to be, or not wanted any more.
        case .confirmed, .paid, .cancelled, .refunded: return giveBack(.reservationGone)
        }
    }

    private mutating func sell(_ reservation: Reservation, owned: [Seat]) -> Decision {
        if let sale = rows.sales[reservation.dateID], sale.isCancelled { return giveBack(.reservationGone) }
        let tickets = decision.sell(reservation, owned: owned, ids: &ids, at: now)
        payment.status = .captured
        decision.book(payment, ids: &ids, at: now)
        decision.payments.append(payment)
        decision.outcome = .paymentSettled(payment, tickets, wallet: wallet)
        return decision
    }

    /// The hold is gone, the money is here: the same seats again, if all of them are free.
    private mutating func takeAgain(_ reservation: Reservation) -> Decision {
        let seats = reservation.seats.compactMap { rows.seats[$0.id] }
        guard seats.count == reservation.seats.count, seats.allSatisfy({ $0.isFree(at: now) }),
            rows.sales[reservation.dateID].map({ !$0.isCancelled }) ?? false
        else { return giveBack(.reservationGone) }
        var retaken = reservation.entering(.confirmed)
        let owned = seats.map { $0.claimed(by: reservation.id, until: reservation.expiresAt) }
        retaken.seats = zip(reservation.seats, owned).map { $0.withFence($1.fence) }
        decision.retaken = [retaken.id]
        decision.events.append(
            retaken.event(.reservationRetaken, of: retaken.seats, amount: retaken.amount, ids: &ids, at: now))
        return sell(retaken, owned: owned)
    }

    private mutating func captureCharge() -> Decision {
        wallet.balance += payment.amount
        guard wallet.balance <= .max else {
            wallet.balance -= payment.amount
            return giveBack(.walletFull)
        }
        payment.status = .captured
        let transfer = Transfer(
            id: ids.next(at: now), kind: .charge, from: Account.gateway, to: payment.userID.account,
            amount: payment.amount, paymentID: payment.id, balance: wallet.balance, at: now)
        decision.transfers.append(transfer)
        decision.wallets = [wallet]
        decision.payments.append(payment)
        decision.events.append(transfer.chargedEvent(ids: &ids))
        return unchanged
    }

    /// After a decline the points went back to the fan; a late capture needs them again.
    ///
    /// - Returns: Whether they are there.
    private mutating func setAsidePoints() -> Bool {
        guard payment.status == .declined, payment.points > .zero else { return true }
        guard wallet.balance >= payment.points else { return false }
        wallet.balance -= payment.points
        decision.wallets = [wallet]
        decision.transfers.append(
            Transfer(
                id: ids.next(at: now), kind: .reserve, from: payment.userID.account, to: Account.reserved,
                amount: payment.points, paymentID: payment.id, balance: wallet.balance, at: now))
        return true
    }

    private enum WhyBack: String {
        case reservationGone = "The seats were gone when the payment arrived"
        case walletFull = "The wallet cannot hold so much"
    }

    /// Money that came too late goes back, all of it, once: the refund is written in the same commit.
    private mutating func giveBack(_ why: WhyBack) -> Decision {
        // What was decided for a sale that cannot be is dropped; points that were set aside before are not.
        let wasDeclined = payment.status == .declined
        decision = Decision(.unchanged)
        if wasDeclined { wallet = rows.wallets[payment.userID] ?? Wallet(userID: payment.userID, balance: .zero) }
        if payment.reservationID != nil, payment.points > .zero, !wasDeclined {
            wallet.balance += payment.points
            decision.wallets = [wallet]
            decision.transfers.append(
                Transfer(
                    id: ids.next(at: now), kind: .release, from: Account.reserved, to: payment.userID.account,
                    amount: payment.points, paymentID: payment.id, balance: wallet.balance, at: now))
        }
        payment.status = .refunded
        payment.declineCode = DeclineCode.returned
        payment.refunded = payment.amount
        let refund = Refund(
            id: ids.next(at: now), paymentID: payment.id, amount: payment.card, reason: why.rawValue, tryAt: now,
            createdAt: now)
        for (kind, from, to) in [
            (Transfer.Kind.payment, Account.gateway, Account.sales), (.refund, Account.sales, Account.gateway),
        ] {
            decision.transfers.append(
                Transfer(
                    id: ids.next(at: now), kind: kind, from: from, to: to, amount: payment.card,
                    paymentID: payment.id, balance: nil, at: now))
        }
        decision.refunds = [refund]
        decision.payments = [payment]
        decision.events = [
            Event(
                id: ids.next(at: now), kind: .paymentReturned, subjectID: ID(payment.id), version: 1,
                dateID: reservation?.dateID, userID: payment.userID, amount: payment.card, seats: [], at: now)
        ]
        if let over = reservation, over.status == .confirmed, rows.openPayment(of: over.id)?.id == payment.id {
            decision.reopen(over, on: rows, ids: &ids, at: now)
        }
        return unchanged
    }

    // MARK: The card has not paid

    mutating func decline(code: String) -> Decision {
        decision.decline(payment, code: code, wallet: &wallet, ids: &ids, at: now)
        payment = decision.payments[decision.payments.count - 1]
        if let reservation, reservation.status == .confirmed,
            rows.openPayment(of: reservation.id)?.id == payment.id
        {
            decision.reopen(reservation, on: rows, ids: &ids, at: now)
        }
        return unchanged
    }

    /// The right key may still come, while the seats are held.
    mutating func forgetKey() -> Decision {
        payment.gatewayKey = nil
        payment.endClaim(until: nil)
        if let reservation, reservation.status != .confirmed { return decline(code: DeclineCode.expired) }
        payment.status = .requested
        decision.payments = [payment]
        return unchanged
    }
}

extension Decision {
    /// Without a payment the reservation waits for another one while time remains, or is over.
    fileprivate mutating func reopen(_ reservation: Reservation, on rows: Rows, ids: inout IDSource, at now: Timestamp)
    {
        let owned = rows.stillOwnedSeats(of: reservation)
        // A cancelled date takes no other payment, and one without all of its seats cannot be paid.
        let isCancelled = rows.sales[reservation.dateID]?.isCancelled ?? true
        let canBePaid = reservation.expiresAt > now && owned.count == reservation.seats.count && !isCancelled
        let next = reservation.entering(canBePaid ? .pending : .expired)
        seats += owned.map { canBePaid ? $0.pending() : $0.released() }
        reservations = [next]
        events.append(
            next.event(
                canBePaid ? .reservationReopened : .reservationExpired, of: next.seats, amount: next.amount, ids: &ids,
                at: now))
    }
}
