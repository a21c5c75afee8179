import Domain

/// Something that must never be, as a simulation found it.
struct Violation: Error, CustomStringConvertible {
    /// "I1" to "I6" as in DESIGN section 4, or what else was broken: "answers", "waiting room".
    let rule: String
    let details: String

    var description: String { "\(rule): \(details)" }
}

/// The audit's invariants over rows in memory. Written apart from the stores' own audits, so that a mistake in those
/// is not made here again.
struct Invariants {
    private let rows: StoredRows
    private let ticketsByReservation: [ReservationID: [Ticket]]
    private let paymentsByReservation: [ReservationID: [Payment]]
    /// Payments that came too late and were given back.
    private let returned: Set<PaymentID>
    /// When reservations whose hold had gone took their seats again.
    private let retakenAt: [ReservationID: Timestamp]

    init(_ rows: StoredRows) {
        self.rows = rows
        ticketsByReservation = Dictionary(grouping: rows.tickets.values, by: \.reservationID)
        paymentsByReservation = rows.payments.values.reduce(into: [:]) { grouped, payment in
            if let reservation = payment.reservationID { grouped[reservation, default: []].append(payment) }
        }
        returned = Set(rows.events.filter { $0.kind == .paymentReturned }.map { PaymentID($0.subjectID) })
        retakenAt = rows.events.filter { $0.kind == .reservationRetaken }
            .reduce(into: [:]) { $0[ReservationID($1.subjectID)] = $1.at }
    }

    func check() throws(Violation) {
        try checkOwners()
        try checkClaimsInTurn()
        try checkWhatIsPaid()
        try checkLedger()
        try checkEvents()
    }

    private func require(_ condition: Bool, _ rule: String, _ details: @autoclosure () -> String) throws(Violation) {
        guard condition else { throw Violation(rule: rule, details: details()) }
    }

    // MARK: I1 and I6: one owner, and none that is over

    private func checkOwners() throws(Violation) {
        for seat in rows.seats.values {
            guard let owner = seat.reservationID else {
                try require(seat.state == .available && seat.heldUntil == nil, "I1", "\(seat) has no owner")
                continue
            }
            guard let reservation = rows.reservations[owner] else {
                throw Violation(rule: "I1", details: "\(seat) has an owner that does not exist")
            }
            try require(!reservation.status.isOver, "I6", "\(seat) is held by one that is over: \(reservation)")
            let claim = reservation.seats.first { $0.id == seat.id }
            try require(claim?.fence == seat.fence, "I1", "\(seat) is not what \(reservation) was given")
            switch reservation.status {
            case .pending:
                try require(
                    seat.state == .pending && seat.heldUntil == reservation.expiresAt, "I1",
                    "\(seat) does not show \(reservation)")
            case .paid:
                try require(seat.state == .paid && seat.heldUntil == nil, "I1", "\(seat) does not show \(reservation)")
            case .confirmed:
                try require(
                    seat.state == .confirmed && seat.heldUntil == reservation.expiresAt, "I1",
                    "\(seat) does not show \(reservation)")
            case .expired, .cancelled, .refunded:
                throw Violation(rule: "I6", details: "\(seat) is held by one that is over: \(reservation)")
            }
        }
    }

    /// The claims on each seat, in order of fence: each ends before the next begins.
    private func checkClaimsInTurn() throws(Violation) {
        var claims: [SeatID: [(fence: Int64, reservation: Reservation)]] = [:]
        for reservation in rows.reservations.values {
            for seat in reservation.seats { claims[seat.id, default: []].append((seat.fence, reservation)) }
        }
        for (seat, unordered) in claims {
            let ordered = unordered.sorted { $0.fence < $1.fence }
            for (claim, next) in zip(ordered, ordered.dropFirst()) {
                try require(claim.fence < next.fence, "I1", "two claims on \(seat) have fence \(claim.fence)")
                let isOver =
                    switch claim.reservation.status {
                    case .expired, .cancelled, .refunded: true
                    case .pending:
                        claim.reservation.expiresAt
                            <= retakenAt[next.reservation.id] ?? next.reservation.createdAt
                    case .paid: !hasGoodTicket(claim.reservation, seat: seat)
                    case .confirmed: false
                    }
                try require(isOver, "I1", "\(seat) went from \(claim.reservation) to \(next.reservation)")
            }
            // The last claim is the seat's owner, unless it is over.
            guard let last = ordered.last, let row = rows.seats[seat] else { continue }
            let isLive =
                last.reservation.status == .pending || last.reservation.status == .confirmed
                || last.reservation.status == .paid && hasGoodTicket(last.reservation, seat: seat)
            try require(
                (row.reservationID == last.reservation.id) == isLive, "I1",
                "\(row) and its last claim, \(last.reservation)")
        }
    }

    private func hasGoodTicket(_ reservation: Reservation, seat: SeatID) -> Bool {
        (ticketsByReservation[reservation.id] ?? []).contains { $0.seat.id == seat && $0.status != .void }
    }

    // MARK: I2 and I4: what is paid is complete, and costs what was paid

    private func checkWhatIsPaid() throws(Violation) {
        var owners: [SeatID: TicketID] = [:]
        for ticket in rows.tickets.values where ticket.status != .void {
            try require(owners[ticket.seat.id] == nil, "I1", "two good tickets for \(ticket.seat.id)")
            owners[ticket.seat.id] = ticket.id
            try require(rows.reservations[ticket.reservationID]?.status == .paid, "I2", "\(ticket) is not paid for")
        }
        for seat in rows.seats.values where seat.state == .paid {
            try require(owners[seat.id] != nil, "I2", "\(seat) is paid and has no good ticket")
        }
        var keys: [String: PaymentID] = [:]
        for payment in rows.payments.values {
            guard let key = payment.gatewayKey else { continue }
            try require(keys.updateValue(payment.id, forKey: key) == nil, "I2", "two payments have the key '\(key)'")
        }
        for reservation in rows.reservations.values {
            let tickets = ticketsByReservation[reservation.id] ?? []
            let open = (paymentsByReservation[reservation.id] ?? []).filter(\.status.isOpen)
            try require(
                reservation.status == .confirmed
                    ? open.count == 1
                    : reservation.status == .expired ? open.allSatisfy { $0.status == .unknown } : open.isEmpty, "I6",
                "\(reservation) with the open payments \(open)")
            let payments = (paymentsByReservation[reservation.id] ?? []).filter {
                $0.status != .declined && !$0.status.isOpen && !returned.contains($0.id)
            }
            guard reservation.status == .paid || reservation.status == .refunded else {
                try require(tickets.isEmpty && payments.isEmpty, "I2", "\(reservation) has payments or tickets")
                continue
            }
            let good = tickets.filter { $0.status != .void }
            let isWhole = reservation.status == .refunded
            try require(payments.count == 1, "I2", "\(reservation) has \(payments.count) payments")
            try require(tickets.count == reservation.seats.count, "I2", "\(reservation) has \(tickets.count) tickets")
            try require(good.count == reservation.seatCount, "I2", "\(reservation) has \(good.count) good tickets")
            try require(isWhole == good.isEmpty, "I2", "\(reservation) with \(good.count) good tickets")
            for payment in payments {
                let kept = payment.amount - payment.refunded
                try require(
                    kept == good.reduce(.zero) { $0 + $1.seat.price }, "I4", "\(payment) for \(good.count) tickets")
                let status: Payment.Status =
                    isWhole ? .refunded : good.count < tickets.count ? .partiallyRefunded : .captured
                try require(payment.status == status, "I4", "\(payment) should be \(status)")
                try require(
                    payment.createdAt < reservation.expiresAt || retakenAt[reservation.id] != nil, "deadline",
                    "\(payment) came too late")
            }
        }
    }

    // MARK: I3: the ledger

    private func checkLedger() throws(Violation) {
        var accounts: [ID<Account>: Int64] = [:]
        var byPayment: [PaymentID: [ID<Account>: Int64]] = [:]
        for transfer in rows.transfers {
            accounts[transfer.from, default: 0] -= transfer.amount.amount
            accounts[transfer.to, default: 0] += transfer.amount.amount
            if let wallet = transfer.wallet {
                try require(accounts[wallet] == transfer.balance?.amount, "I3", "\(transfer) tells a wrong balance")
                try require(accounts[wallet, default: 0] >= 0, "I3", "\(transfer) leaves less than nothing")
            }
            guard let payment = transfer.paymentID else { continue }
            byPayment[payment, default: [:]][transfer.from, default: 0] -= transfer.amount.amount
            byPayment[payment, default: [:]][transfer.to, default: 0] += transfer.amount.amount
        }
        try require(accounts.values.reduce(0, +) == 0, "I3", "the ledger does not sum to zero")
        for wallet in rows.wallets.values {
            try require(
                accounts[wallet.userID.account, default: 0] == wallet.balance.amount, "I3",
                "\(wallet) is not its ledger's sum")
        }
        for payment in rows.payments.values {
            let moved = byPayment[payment.id] ?? [:]
            let hasMoney = !payment.status.isOpen && payment.status != .declined
            let kept = hasMoney ? payment.amount - payment.refunded : .zero
            let sold = payment.reservationID == nil ? Won.zero : kept
            let taken = hasMoney ? payment.card - payment.cardRefunded : .zero
            let setAside = payment.status.isOpen ? payment.points : .zero
            try require(
                moved[Account.sales, default: 0] == sold.amount && moved[Account.gateway, default: 0] == -taken.amount
                    && moved[Account.reserved, default: 0] == setAside.amount, "I4", "\(payment) moved \(moved)")
            let refunds = rows.refunds.values.filter { $0.paymentID == payment.id }
            try require(
                refunds.reduce(.zero) { $0 + $1.amount } == payment.cardRefunded, "I4", "\(payment) and \(refunds)")
        }
    }

    // MARK: I5: one event for each change

    private func checkEvents() throws(Violation) {
        let events = Dictionary(grouping: rows.events, by: \.subjectID)
        for reservation in rows.reservations.values {
            let own = events[ID(reservation.id)] ?? []
            try require(
                own.map(\.version) == Array(1...reservation.version), "I5",
                "\(reservation) has events \(own.map(\.version))")
            let last: Set<Event.Kind> =
                switch reservation.status {
                case .pending: [.reservationHeld, .reservationReopened]
                case .paid: [.reservationPaid, .reservationPartlyRefunded]
                case .cancelled: [.reservationCancelled]
                case .expired: [.reservationExpired]
                case .refunded: [.reservationRefunded]
                case .confirmed: [.reservationConfirmed]
                }
            try require(own.last.map { last.contains($0.kind) } ?? false, "I5", "\(reservation) after \(own)")
        }
        for ticket in rows.tickets.values {
            let used = events[ID(ticket.id)] ?? []
            try require(used.count == (ticket.status == .used ? 1 : 0), "I5", "\(ticket) has \(used.count) events")
        }
        for transfer in rows.transfers where transfer.kind == .charge {
            try require(events[ID(transfer.id)]?.count == 1, "I5", "\(transfer) without its event")
        }
    }
}
