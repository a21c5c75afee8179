internal import Domain
internal import GRDB

/// Which of the rows that may be new are in the store already: they are updated, the others inserted.
struct KnownRows {
    var reservations: Set<ReservationID> = []
    var payments: Set<PaymentID> = []
    var refunds: Set<RefundID> = []
    var tickets: Set<TicketID> = []
}

/// Reads the rows a batch names. Nobody else writes meanwhile: the transaction began as `IMMEDIATE`.
struct BatchReader {
    private let db: Database

    init(_ db: Database) {
        self.db = db
    }

    func read(_ keys: RowKeys) throws -> (Rows, KnownRows) {
        var rows = Rows()
        var known = KnownRows()
        try readSales(keys.dates, into: &rows)
        try readWallets(keys.wallets, into: &rows)
        try readClaims(keys.claims, into: &rows)
        for id in keys.reservations { try readReservation(id, into: &rows, &known) }
        try readSeats(keys.seats, into: &rows)
        for id in keys.payments { try readPayment(id, into: &rows, &known) }
        try readGatewayKeys(keys.gatewayKeys, into: &rows)
        try readRefunds(keys.refunds, into: &rows, &known)
        for id in keys.tickets {
            try PreparedStatement(TicketStatement.byID, on: db).each(id) { try note(Ticket($0), into: &rows, &known) }
        }
        try readAnswers(keys.answers, into: &rows)
        return (rows, known)
    }

    private func readSales(_ dates: Set<DateID>, into rows: inout Rows) throws {
        for id in dates { try readSale(id, into: &rows) }
    }

    private func readSale(_ id: DateID, into rows: inout Rows) throws {
        guard rows.sales[id] == nil, let date = try ConcertDate.read(id, on: db) else { return }
        let concert = try PreparedStatement(CatalogStatement.concert, on: db).first(date.concertID) { try Concert($0) }
        var sale = date.sale
        sale.isCancelled = sale.isCancelled || concert?.status != .published
        rows.read(sale)
    }

    private func readWallets(_ users: Set<UserID>, into rows: inout Rows) throws {
        guard !users.isEmpty else { return }
        let statement = try PreparedStatement(PointsStatement.wallet, on: db)
        for id in users {
            if let wallet = try statement.first(id, as: Wallet.init) { rows.read(wallet) }
        }
    }

    private func readClaims(_ fans: Set<FanOnDate>, into rows: inout Rows) throws {
        guard !fans.isEmpty else { return }
        let statement = try PreparedStatement(ReservationStatement.claims, on: db)
        for fan in fans {
            rows.read(try statement.all(fan.userID, fan.dateID, as: Claim.init), of: fan)
        }
    }

    private func readSeats(_ seats: Set<SeatID>, into rows: inout Rows) throws {
        guard !seats.isEmpty else { return }
        let statement = try PreparedStatement(SeatStatement.byID, on: db)
        for id in seats {
            if let seat = try statement.first(id, as: Seat.init) { rows.read(seat) }
        }
    }

    private func readAnswers(_ scopes: Set<Digest>, into rows: inout Rows) throws {
        guard !scopes.isEmpty else { return }
        let statement = try PreparedStatement(AnswerStatement.byScope, on: db)
        for scope in scopes {
            if let answer = try statement.first(scope, as: StoredAnswer.init) { rows.read(answer) }
        }
    }

    private func readGatewayKeys(_ keys: Set<String>, into rows: inout Rows) throws {
        guard !keys.isEmpty else { return }
        let statement = try PreparedStatement(PaymentStatement.ofGatewayKey, on: db)
        for key in keys {
            if let owner = try statement.first(key, as: { try $0.id(0, of: Payment.self) }) {
                rows.read(owner: owner, ofKey: key)
            }
        }
    }

    private func readRefunds(_ refunds: Set<RefundID>, into rows: inout Rows, _ known: inout KnownRows) throws {
        guard !refunds.isEmpty else { return }
        let statement = try PreparedStatement(RefundStatement.byID, on: db)
        for id in refunds {
            guard let refund = try statement.first(id, as: Refund.init) else { continue }
            known.refunds.insert(id)
            rows.read(refund)
        }
    }

    /// A reservation with the sale of its date and its seats as they are now: releasing, expiring, paying and refunding
    /// all need them. One that waits for a card comes with the payment it waits for.
    private func readReservation(_ id: ReservationID, into rows: inout Rows, _ known: inout KnownRows) throws {
        guard !known.reservations.contains(id), let reservation = try Reservation.read(id, on: db) else { return }
        known.reservations.insert(id)
        rows.read(reservation)
        try readSale(reservation.dateID, into: &rows)
        try PreparedStatement(SeatStatement.ofReservation, on: db).each(id) { rows.read(try Seat($0)) }
        guard reservation.status == .confirmed else { return }
        if let open = try PreparedStatement(PaymentStatement.openOfReservation, on: db).first(id, as: Payment.init) {
            known.payments.insert(open.id)
            rows.read(open)
        }
    }

    /// A payment with its reservation and all tickets of that: what completing and refunding need.
    private func readPayment(_ id: PaymentID, into rows: inout Rows, _ known: inout KnownRows) throws {
        guard let payment = try PreparedStatement(PaymentStatement.byID, on: db).first(id, as: Payment.init) else {
            return
        }
        known.payments.insert(id)
        rows.read(payment)
        guard let reservation = payment.reservationID else { return }
        try readReservation(reservation, into: &rows, &known)
        try PreparedStatement(TicketStatement.ofReservation, on: db).each(reservation) { row in
            try note(Ticket(row), into: &rows, &known)
        }
    }

    private func note(_ ticket: Ticket, into rows: inout Rows, _ known: inout KnownRows) {
        known.tickets.insert(ticket.id)
        rows.read(ticket)
    }
}
