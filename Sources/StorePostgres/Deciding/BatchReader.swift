internal import Domain

/// Which of the rows that may be new are in the store already: they are updated, the others inserted.
struct KnownRows {
    var wallets: Set<UserID> = []
    var reservations: Set<ReservationID> = []
    var payments: Set<PaymentID> = []
    var refunds: Set<RefundID> = []
    var tickets: Set<TicketID> = []
    var answers: Set<Digest> = []
}

/// Reads and locks the rows a batch names, in one round trip.
///
/// Statements that find rows through others (the seats of a reservation, the reservation of a payment) do so by joins
/// over what never changes, or only with what was locked before, so nothing has to be asked twice. What changes is
/// locked before it is read, in the order of DESIGN section 2, which is the same in every batch: dates, wallets, fans,
/// reservations, seats, payments, refunds, tickets.
struct BatchReader {
    private enum Part {
        case locked, wallets, claims, reservations, reservedSeats, seats, payments, gatewayKeys, refunds, tickets,
            sales, grades, answers, clock
    }

    private var parts: [Part] = []
    private(set) var requests: [Request] = []
    private let fans: Set<FanOnDate>

    init(_ keys: RowKeys) {
        fans = keys.claims
        let reservations = Column(keys.reservations.sorted())
        let payments = Column(keys.payments.sorted())
        let dates = Column(keys.dates.sorted())
        let hasReservations = !keys.reservations.isEmpty || !keys.payments.isEmpty
        let hasDates = hasReservations || !keys.dates.isEmpty

        if hasDates { ask(.locked, Request(LockStatement.shareDates, dates, reservations, payments)) }
        if !keys.wallets.isEmpty { ask(.wallets, Request(PointsStatement.lock, Column(keys.wallets.sorted()))) }
        if !fans.isEmpty {
            let users = Column(fans) { $0.userID }
            let dates = Column(fans) { $0.dateID }
            ask(.locked, Request(LockStatement.fans, users, dates))
            ask(.claims, Request(ReservationStatement.claims, users, dates))
        }
        if hasReservations {
            ask(.reservations, Request(ReservationStatement.lock, reservations, payments))
            ask(.reservedSeats, Request(ReservationStatement.seatsOfLocked, reservations, payments))
        }
        if hasReservations || !keys.seats.isEmpty {
            ask(.seats, Request(SeatStatement.lock, Column(keys.seats.sorted()), reservations, payments))
        }
        if hasReservations { ask(.payments, Request(PaymentStatement.lock, payments, reservations)) }
        if !keys.gatewayKeys.isEmpty {
            ask(.gatewayKeys, Request(PaymentStatement.ofGatewayKeys, Column(keys.gatewayKeys)))
        }
        if !keys.refunds.isEmpty { ask(.refunds, Request(RefundStatement.lock, Column(keys.refunds.sorted()))) }
        if !keys.payments.isEmpty || !keys.tickets.isEmpty {
            ask(.tickets, Request(TicketStatement.lock, Column(keys.tickets.sorted()), payments))
        }
        if hasDates {
            ask(.sales, Request(CatalogStatement.salesOfBatch, dates, reservations, payments))
            ask(.grades, Request(CatalogStatement.gradesOfBatch, dates, reservations, payments))
        }
        if !keys.answers.isEmpty { ask(.answers, Request(AnswerStatement.batch, Column(keys.answers))) }
        // Last, so that it is the time after all waiting for locks.
        ask(.clock, Request(CatalogStatement.now))
    }

    private mutating func ask(_ part: Part, _ request: Request) {
        parts.append(part)
        requests.append(request)
    }

    /// The rows in what came back for ``requests``, and the server's time.
    func read(_ results: [QueryResult]) throws -> (Rows, KnownRows, now: Timestamp) {
        var rows = Rows()
        var known = KnownRows()
        var now: Timestamp?
        var pending: QueryResult?
        var sales: QueryResult?
        for (part, result) in zip(parts, results) {
            switch part {
            case .locked: break
            case .wallets:
                try result.each { row in
                    let wallet = try Wallet(row)
                    known.wallets.insert(wallet.userID)
                    rows.read(wallet)
                }
            case .claims: try readClaims(result, into: &rows)
            case .reservations: pending = result
            case .reservedSeats:
                guard let found = pending else { continue }
                for reservation in try Reservation.joined(found, seats: result) {
                    known.reservations.insert(reservation.id)
                    rows.read(reservation)
                }
            case .seats: try result.each { rows.read(try Seat($0)) }
            case .payments:
                try result.each { row in
                    let payment = try Payment(row)
                    known.payments.insert(payment.id)
                    rows.read(payment)
                }
            case .gatewayKeys: try result.each { row in rows.read(owner: try row.id(1), ofKey: row.text(0)) }
            case .refunds:
                try result.each { row in
                    let refund = try Refund(row)
                    known.refunds.insert(refund.id)
                    rows.read(refund)
                }
            case .tickets:
                try result.each { row in
                    let ticket = try Ticket(row)
                    known.tickets.insert(ticket.id)
                    rows.read(ticket)
                }
            case .sales: sales = result
            case .grades: if let sales { try readSales(sales, grades: result, into: &rows) }
            case .answers:
                try result.each { row in
                    let answer = try StoredAnswer(row)
                    known.answers.insert(answer.scope)
                    rows.read(answer)
                }
            case .clock: now = try result.first { try $0.time(0) }
            }
        }
        guard let now else { preconditionFailure("a batch was read without the time") }
        return (rows, known, now)
    }

    private func readClaims(_ result: QueryResult, into rows: inout Rows) throws {
        var claims: [FanOnDate: [Claim]] = [:]
        for fan in fans { claims[fan] = [] }
        try result.each { row in
            claims[FanOnDate(userID: try row.id(4), dateID: try row.id(5)), default: []].append(try Claim(row))
        }
        for (fan, claims) in claims { rows.read(claims, of: fan) }
    }

    private func readSales(_ sales: QueryResult, grades: QueryResult, into rows: inout Rows) throws {
        let grades = try ConcertDate.gradesByDate(grades)
        try sales.each { row in
            let id: DateID = try row.id(0)
            rows.read(
                Sale(
                    dateID: id, opensAt: try row.time(1), closesAt: try row.time(2), isCancelled: try row.bool(3),
                    grades: grades[id] ?? [], seatsPerFanMax: try row.int(4)))
        }
    }
}
