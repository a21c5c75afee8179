/// Gives money back for some or all tickets of a payment, to where it came from, and frees their seats.
public struct RefundPayment: Sendable {
    /// Whose payment it is. Staff name the owner too: the money goes to the owner's wallet.
    public let ownerID: UserID
    public let paymentID: PaymentID
    /// The tickets to refund, none twice; nil for all that were not refunded before.
    public let ticketIDs: [TicketID]?
    /// Why, in the words of whoever refunds; staff read it.
    public let reason: String?
    /// Who of the staff refunds; nil for a fan's own doing.
    public let staffID: UserID?

    public init(
        ownerID: UserID, paymentID: PaymentID, ticketIDs: [TicketID]?, reason: String? = nil, staffID: UserID? = nil
    ) {
        self.ownerID = ownerID
        self.paymentID = paymentID
        self.ticketIDs = ticketIDs
        self.reason = reason
        self.staffID = staffID
    }

    func decide(on rows: Rows, ids: inout IDSource, now: Timestamp) throws(Refusal) -> Decision {
        guard var payment = rows.payments[paymentID], payment.userID == ownerID else { throw .notFound }
        // Points that were charged are spent, not refunded.
        guard let reservationID = payment.reservationID else { throw .wrongState }
        guard let reservation = rows.reservations[reservationID] else {
            preconditionFailure("a payment without its reservation")
        }
        let tickets = try chosen(from: rows.tickets(of: reservation.id))
        switch payment.status {
        case .captured, .partiallyRefunded: break
        case .requested, .declined, .unknown, .refunded: throw .wrongState
        }
        if let used = tickets.first(where: { $0.status == .used }) {
            throw .ticketUsed(at: used.usedAt ?? used.createdAt, gate: used.usedGate)
        }
        guard tickets.allSatisfy({ $0.status == .valid }) else { throw .ticketVoid }
        guard !tickets.isEmpty else { throw .wrongState }

        let amount = tickets.reduce(Won.zero) { $0 + $1.seat.price }
        let cardBefore = payment.cardRefunded
        payment.refunded += amount
        let toCard = payment.cardRefunded - cardBefore
        let isWhole = reservation.seatCount == tickets.count
        payment.status = isWhole ? .refunded : .partiallyRefunded
        var after = reservation.entering(isWhole ? .refunded : .paid)
        after.seatCount -= tickets.count
        var decision = Decision(.unchanged)
        decision.tickets = tickets.map { ticket in
            var void = ticket
            void.status = .void
            void.refundReason = reason
            return void
        }
        decision.seats = tickets.map { ticket in
            guard let seat = rows.seats[ticket.seat.id], seat.reservationID == reservation.id else {
                preconditionFailure("a valid ticket whose seat \(ticket.seat.id) belongs to another")
            }
            return seat.released()
        }
        try giveBack(amount - toCard, toCard: toCard, of: payment, in: &decision, on: rows, ids: &ids, now: now)
        decision.payments = [payment]
        decision.reservations = [after]
        decision.events = [
            after.event(
                isWhole ? .reservationRefunded : .reservationPartlyRefunded, of: tickets.map(\.seat), amount: amount,
                ids: &ids, at: now)
        ]
        if let staffID {
            decision.staffActions = [
                StaffAction(
                    id: ids.next(at: now), kind: .paymentRefunded, subjectID: ID(paymentID), staffID: staffID,
                    reason: reason, detail: "\(tickets.count) tickets, \(amount.amount) won", at: now)
            ]
        }
        decision.outcome = .refunded(payment, decision.tickets)
        return decision
    }

    /// To where it came from: points at once, the card by way of the gateway.
    private func giveBack(
        _ points: Won, toCard: Won, of payment: Payment, in decision: inout Decision, on rows: Rows,
        ids: inout IDSource, now: Timestamp
    ) throws(Refusal) {
        if points > .zero {
            var wallet = rows.wallets[ownerID] ?? Wallet(userID: ownerID, balance: .zero)
            wallet.balance += points
            guard wallet.balance <= .max else { throw .balanceTooLarge }
            decision.wallets = [wallet]
            decision.transfers = [
                Transfer(
                    id: ids.next(at: now), kind: .refund, from: Account.sales, to: ownerID.account, amount: points,
                    paymentID: paymentID, balance: wallet.balance, at: now)
            ]
        }
        guard toCard > .zero else { return }
        decision.refunds = [
            Refund(
                id: ids.next(at: now), paymentID: paymentID, amount: toCard,
                // A fan's words are for staff, not for the gateway.
                reason: staffID == nil ? "Refund" : reason ?? "Refund",
                tryAt: now, createdAt: now)
        ]
        decision.transfers.append(
            Transfer(
                id: ids.next(at: now), kind: .refund, from: Account.sales, to: Account.gateway, amount: toCard,
                paymentID: paymentID, balance: nil, at: now))
    }

    /// The tickets asked for; without a choice, all that were not refunded before.
    private func chosen(from tickets: [Ticket]) throws(Refusal) -> [Ticket] {
        guard let ticketIDs else { return tickets.filter { $0.status != .void } }
        var chosen: [Ticket] = []
        for id in ticketIDs {
            guard let ticket = tickets.first(where: { $0.id == id }) else { throw .notFound }
            chosen.append(ticket)
        }
        return chosen
    }
}
