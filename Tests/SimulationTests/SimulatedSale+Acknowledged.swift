import Domain
import TestSupport

/// What the fans were told must be so: the store is compared with the answers, whatever went wrong in between.
extension SimulatedSale {
    func checkAcknowledged(_ fan: Fan, in rows: StoredRows) throws(Violation) {
        try checkMoney(of: fan, in: rows)
        for (payment, purchase) in fan.purchases { try checkPurchase(payment, purchase, of: fan, in: rows) }
        for (id, hold) in fan.holds { try checkHold(id, hold, of: fan, in: rows) }
        for ticket in fan.used where rows.tickets[ticket]?.status != .used {
            throw Violation(rule: "answers", details: "ticket \(ticket) was used and is not")
        }
    }

    /// A wallet is what the answers add up to, with or without the request that nobody knows of yet.
    private func checkMoney(of fan: Fan, in rows: StoredRows) throws(Violation) {
        let stored = rows.wallets[fan.id]?.balance.amount ?? 0
        let unknown: Int64 =
            switch fan.pending?.wish {
            case .charge(let amount): amount
            case .pay(let id): -(fan.holds[id]?.amount.amount ?? 0)
            case .refund(let payment, let tickets): price(of: tickets, in: payment, of: fan, rows: rows)
            default: 0
            }
        guard stored == fan.balance || stored == fan.balance + unknown else {
            throw Violation(
                rule: "money", details: "\(fan.id) has \(stored), was told \(fan.balance) and waits for \(unknown)")
        }
    }

    private func price(of tickets: [TicketID]?, in payment: PaymentID, of fan: Fan, rows: StoredRows) -> Int64 {
        let chosen = tickets ?? fan.purchases[payment]?.tickets.map(\.ticketID) ?? []
        return chosen.filter { !fan.refunded.contains($0) }
            .reduce(0) { $0 + (rows.tickets[$1]?.seat.price.amount ?? 0) }
    }

    /// No acknowledged purchase is ever missing, and no seat of one is anybody else's.
    private func checkPurchase(
        _ payment: PaymentID, _ purchase: Fan.Purchase, of fan: Fan, in rows: StoredRows
    ) throws(Violation) {
        guard rows.payments[payment]?.userID == fan.id, rows.reservations[purchase.reservation]?.userID == fan.id else {
            throw Violation(rule: "answers", details: "the purchase \(payment) of \(fan.id) is missing")
        }
        for code in purchase.tickets {
            guard let ticket = rows.tickets[code.ticketID], ticket.code == code else {
                throw Violation(rule: "answers", details: "the ticket \(code.ticketID) of \(fan.id) is missing")
            }
            if fan.refunded.contains(ticket.id) {
                guard ticket.status == .void else {
                    throw Violation(rule: "answers", details: "\(ticket) was refunded")
                }
            } else if ticket.status == .void {
                guard case .refund(payment, let tickets) = fan.pending?.wish, tickets?.contains(ticket.id) ?? true
                else {
                    throw Violation(rule: "answers", details: "\(ticket) is void and nobody asked for it")
                }
            } else if rows.seats[ticket.seat.id]?.reservationID != purchase.reservation {
                throw Violation(rule: "answers", details: "the seat of \(ticket) is another's")
            }
        }
    }

    /// A hold is kept until its deadline, by any clock that was ever seen.
    private func checkHold(_ id: ReservationID, _ hold: Fan.Hold, of fan: Fan, in rows: StoredRows) throws(Violation) {
        guard let reservation = rows.reservations[id], reservation.userID == fan.id else {
            throw Violation(rule: "answers", details: "the hold \(id) of \(fan.id) is missing")
        }
        switch fan.pending?.wish {
        case .pay(id), .release(id): return
        default: break
        }
        guard latest < hold.until else { return }
        for seat in hold.seats where rows.seats[seat]?.reservationID != id {
            throw Violation(rule: "answers", details: "\(seat) was lost before \(hold.until)")
        }
    }

    /// At the end nothing is unknown: what is in the store is what the fans were told, no more and no less.
    func checkAgreement() throws(Violation) {
        let rows = store.rows
        for fan in fans {
            guard fan.pending == nil else {
                throw Violation(rule: "answers", details: "\(fan.id) still waits, though nothing is wrong any more")
            }
            let payments = Set(rows.payments.values.filter { $0.userID == fan.id }.map(\.id))
            guard payments == Set(fan.purchases.keys) else {
                throw Violation(rule: "answers", details: "\(fan.id) bought what it was not told of")
            }
            let charges = rows.transfers.count { $0.kind == .charge && $0.to == fan.id.account }
            guard charges == fan.chargeCount else {
                throw Violation(rule: "money", details: "\(fan.id) was charged \(charges) times")
            }
        }
        guard !rows.reservations.values.contains(where: { $0.status == .pending }) else {
            throw Violation(rule: "I6", details: "a hold was never swept")
        }
    }

    // MARK: Refusals

    /// Whether a refusal says what is so. Only for a request that was alone in its batch: the rows are then as they
    /// were when it was decided.
    func checkTruth(of refusal: Refusal, to request: Request) throws(Violation) {
        let rows = store.rows
        let now = store.decidedAt
        func isFree(_ id: SeatID) -> Bool {
            guard let seat = rows.seats[id] else { return false }
            guard let owner = seat.reservationID.flatMap({ rows.reservations[$0] }) else { return true }
            return owner.status == .pending && owner.expiresAt <= now
        }
        let isTrue: Bool
        switch (refusal, request.wish) {
        case (.seatTaken(let seats), .hold): isTrue = !seats.isEmpty && !seats.contains(where: isFree)
        case (.noSeatsLeft, .holdBest(let candidates, _)):
            isTrue = !candidates.contains { $0.allSatisfy(isFree) }
        case (.tooManySeats, .hold(let seats, _)): isTrue = isTooMany(seats.count, for: request.fan, rows, now)
        case (.tooManySeats, .holdBest(let candidates, _)):
            isTrue = isTooMany(candidates.first?.count ?? 0, for: request.fan, rows, now)
        case (.saleClosed, .hold), (.saleClosed, .holdBest): isTrue = now < rows.sale.opensAt
        case (.holdExpired, .pay(let id)), (.holdExpired, .release(let id)):
            let hold = rows.reservations[id]
            let lostASeat = hold?.seats.contains { rows.seats[$0.id]?.reservationID != id } ?? false
            isTrue = hold.map { $0.status == .expired || $0.expiresAt <= now || lostASeat } ?? false
        case (.notEnoughPoints(let balance, let needed), .pay(let id)):
            isTrue =
                balance == rows.wallets[request.fan]?.balance ?? .zero && needed == rows.reservations[id]?.amount
                && balance < needed
        case (.wrongState, .pay(let id)), (.wrongState, .release(let id)):
            isTrue = rows.reservations[id].map { $0.status != .pending && $0.status != .expired } ?? false
        case (.wrongState, .refund(let id, _)): isTrue = rows.payments[id]?.status == .refunded
        case (.ticketUsed, .checkIn(let code)): isTrue = rows.tickets[code.ticketID]?.status == .used
        case (.ticketVoid, .checkIn(let code)): isTrue = rows.tickets[code.ticketID]?.status == .void
        case (.ticketUsed, .refund(let id, let tickets)): isTrue = hasTicket(.used, in: id, tickets, rows)
        case (.ticketVoid, .refund(let id, let tickets)): isTrue = hasTicket(.void, in: id, tickets, rows)
        default: isTrue = false
        }
        guard isTrue else { throw Violation(rule: "answers", details: "\(request) was refused with \(refusal)") }
    }

    private func isTooMany(_ wanted: Int, for fan: UserID, _ rows: StoredRows, _ now: Timestamp) -> Bool {
        let own = rows.reservations.values.filter { $0.userID == fan }.reduce(0) { sum, reservation in
            switch reservation.status {
            case .paid, .confirmed: sum + reservation.seatCount
            case .pending: sum + (reservation.expiresAt > now ? reservation.seatCount : 0)
            case .expired, .cancelled, .refunded: sum
            }
        }
        return own + wanted > Self.seatsPerFanMax
    }

    private func hasTicket(
        _ status: Ticket.Status, in payment: PaymentID, _ chosen: [TicketID]?, _ rows: StoredRows
    ) -> Bool {
        guard let reservation = rows.payments[payment]?.reservationID else { return false }
        return rows.tickets(of: reservation).contains { ticket in
            ticket.status == status && (chosen?.contains(ticket.id) ?? true)
        }
    }
}
