import Domain

/// All that a simulated store keeps: what survives a crash.
struct StoredRows: Sendable {
    var sale: Sale
    var seats: [SeatID: Seat] = [:]
    var reservations: [ReservationID: Reservation] = [:]
    var wallets: [UserID: Wallet] = [:]
    var payments: [PaymentID: Payment] = [:]
    var refunds: [RefundID: Refund] = [:]
    var tickets: [TicketID: Ticket] = [:]
    /// In the order of their commits, as are the events.
    var transfers: [Transfer] = []
    var events: [Event] = []
    var answers: [Digest: StoredAnswer] = [:]
    var nextQueueNumber: Int64 = 1
    /// Counts the commits that changed something.
    var commitCount = 0

    init(sale: Sale) {
        self.sale = sale
    }

    // MARK: Reading

    func rows(for keys: RowKeys) -> Rows {
        var rows = Rows()
        if keys.dates.contains(sale.dateID) { rows.read(sale) }
        for user in keys.wallets { if let wallet = wallets[user] { rows.read(wallet) } }
        for fan in keys.claims { rows.read(claims(of: fan), of: fan) }
        for id in keys.reservations { readReservation(id, into: &rows) }
        for id in keys.seats { if let seat = seats[id] { rows.read(seat) } }
        for id in keys.payments {
            guard let payment = payments[id] else { continue }
            rows.read(payment)
            guard let reservation = payment.reservationID else { continue }
            readReservation(reservation, into: &rows)
            for ticket in tickets(of: reservation) { rows.read(ticket) }
        }
        for key in keys.gatewayKeys {
            if let owner = payments.values.first(where: { $0.gatewayKey == key }) {
                rows.read(owner: owner.id, ofKey: key)
            }
        }
        for id in keys.refunds { if let refund = refunds[id] { rows.read(refund) } }
        for id in keys.tickets { if let ticket = tickets[id] { rows.read(ticket) } }
        for scope in keys.answers { if let answer = answers[scope] { rows.read(answer) } }
        return rows
    }

    private func claims(of fan: FanOnDate) -> [Claim] {
        reservations.values
            .filter { $0.userID == fan.userID && $0.dateID == fan.dateID && !$0.status.isOver }
            .sorted { $0.id < $1.id }.map(\.claim)
    }

    private func readReservation(_ id: ReservationID, into rows: inout Rows) {
        guard let reservation = reservations[id] else { return }
        rows.read(reservation)
        for reserved in reservation.seats { if let seat = seats[reserved.id] { rows.read(seat) } }
        if reservation.dateID == sale.dateID { rows.read(sale) }
        guard reservation.status == .confirmed,
            let open = payments.values.first(where: { $0.reservationID == id && $0.status.isOpen })
        else { return }
        rows.read(open)
    }

    /// In order of id: a simulation must not depend on the order of a dictionary.
    func tickets(of reservation: ReservationID) -> [Ticket] {
        tickets.values.filter { $0.reservationID == reservation }.sorted { $0.id < $1.id }
    }

    // MARK: Saving

    mutating func save(_ changes: Rows) {
        for row in changes.reservations.changed { reservations[row.id] = row }
        for row in changes.seats.changed { seats[row.id] = row }
        for row in changes.wallets.changed { wallets[row.userID] = row }
        for row in changes.payments.changed { payments[row.id] = row }
        for row in changes.refunds.changed { refunds[row.id] = row }
        for row in changes.tickets.changed { tickets[row.id] = row }
        transfers += changes.transfers
        events += changes.events
        for row in changes.answers.changed { answers[row.scope] = row }
        if !changes.events.isEmpty { commitCount += 1 }
    }
}
