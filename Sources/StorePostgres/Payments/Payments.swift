public import Domain
public import Ports

enum PaymentStatement: String, StatementSet {
    /// Those asked for, and those that reservations wait for: the reservations asked for, and those of the payments
    /// asked for. Whoever opens or closes a payment has locked its reservation before, and so has this batch: none is
    /// missing. `OFFSET 0` keeps the server from going through all that are open.
    case lock = """
        SELECT id, reservation_id, user_id, method, status, amount, card, refunded, gateway_key, try_at, try_count,
            decline_code, created_at, claim, unknown_since
        FROM payments
        WHERE id IN (
            SELECT unnest($1)
            UNION SELECT p.id FROM payments AS p
                WHERE p.reservation_id = ANY ($2) AND p.status IN ('REQUESTED', 'UNKNOWN')
            UNION SELECT o.id
                FROM (SELECT reservation_id FROM payments WHERE id = ANY ($1)) AS p
                CROSS JOIN LATERAL (
                    SELECT id FROM payments AS o
                    WHERE o.reservation_id = p.reservation_id AND o.status IN ('REQUESTED', 'UNKNOWN') OFFSET 0) AS o)
        ORDER BY id FOR NO KEY UPDATE
        """
    /// Not locked: two that begin with the same key at once find out by the index.
    case ofGatewayKeys = "SELECT gateway_key, id FROM payments WHERE gateway_key = ANY ($1)"
    case byID = """
        SELECT id, reservation_id, user_id, method, status, amount, card, refunded, gateway_key, try_at, try_count,
            decline_code, created_at, claim, unknown_since
        FROM payments WHERE id = $1
        """
    case ofReservation = """
        SELECT id, reservation_id, user_id, method, status, amount, card, refunded, gateway_key, try_at, try_count,
            decline_code, created_at, claim, unknown_since
        FROM payments WHERE reservation_id = $1 ORDER BY id
        """
    case byIDs = """
        SELECT id, reservation_id, user_id, method, status, amount, card, refunded, gateway_key, try_at, try_count,
            decline_code, created_at, claim, unknown_since
        FROM payments WHERE id = ANY ($1) ORDER BY id
        """
    case unknown = """
        SELECT id, reservation_id, user_id, method, status, amount, card, refunded, gateway_key, try_at, try_count,
            decline_code, created_at, claim, unknown_since
        FROM payments WHERE status = 'UNKNOWN' AND try_at <= $1 ORDER BY try_at, id LIMIT $2
        """
    case overdueCharges = """
        SELECT id, user_id FROM payments
        WHERE status = 'REQUESTED' AND reservation_id IS NULL AND created_at <= $1 ORDER BY created_at LIMIT $2
        """
    case cardByIDs = """
        SELECT id, reservation_id, user_id, method, status, amount, card, refunded, gateway_key, try_at, try_count,
            decline_code, created_at, claim, unknown_since,
            (SELECT coalesce(sum(r.amount), 0)::bigint FROM refunds AS r
                WHERE r.payment_id = p.id AND r.status = 'DONE'),
            (SELECT coalesce(sum(r.amount), 0)::bigint FROM refunds AS r
                WHERE r.payment_id = p.id AND r.status = 'REQUESTED')
        FROM payments AS p WHERE id = ANY ($1) ORDER BY id
        """
    /// Along the index that has only those with a card part: of the others there may be far more.
    case pageByCard = """
        SELECT id, reservation_id, user_id, method, status, amount, card, refunded, gateway_key, try_at, try_count,
            decline_code, created_at, claim, unknown_since,
            (SELECT coalesce(sum(r.amount), 0)::bigint FROM refunds AS r
                WHERE r.payment_id = p.id AND r.status = 'DONE'),
            (SELECT coalesce(sum(r.amount), 0)::bigint FROM refunds AS r
                WHERE r.payment_id = p.id AND r.status = 'REQUESTED')
        FROM payments AS p
        WHERE card > 0 AND id > $1 ORDER BY id LIMIT $2
        """
    case figures = """
        SELECT count(*), min(coalesce(unknown_since, created_at)), (SELECT count(*) FROM refunds AS r WHERE r.status = 'REQUESTED'),
            (SELECT count(*) FROM refunds AS r WHERE r.status = 'FAILED')
        FROM payments WHERE status = 'UNKNOWN'
        """
    case insert = """
        INSERT INTO payments
            (id, reservation_id, user_id, method, status, amount, card, refunded, gateway_key, try_at, try_count,
            decline_code, created_at)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """
    case update = """
        UPDATE payments AS p
        SET status = new.status, refunded = new.refunded, gateway_key = new.gateway_key, try_at = new.try_at,
            claim = new.claim, unknown_since = new.unknown_since, try_count = new.try_count,
            decline_code = new.decline_code
        FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)
            AS new (id, status, refunded, gateway_key, try_at, claim, unknown_since, try_count, decline_code)
        WHERE p.id = new.id
        """
}

extension Payment {
    /// Of the first fifteen columns.
    init(_ row: Columns) throws {
        try self.init(row, from: 0)
    }

    /// - Parameter first: Where the fifteen columns begin.
    init(_ row: Columns, from first: CInt) throws {
        let amount = try row.won(first + 5)
        self.init(
            id: try row.id(first), reservationID: try row.optionalID(first + 1), userID: try row.id(first + 2),
            method: try row.word(first + 3), status: try row.word(first + 4), amount: amount,
            points: amount - (try row.won(first + 6)), refunded: try row.won(first + 7),
            gatewayKey: row.optionalText(first + 8), tryAt: try row.optionalTime(first + 9),
            claim: try row.optionalID(first + 13), unknownSince: try row.optionalTime(first + 14),
            tryCount: try row.int(first + 10), declineCode: row.optionalText(first + 11),
            createdAt: try row.time(first + 12))
    }

    static func insert(_ rows: [Payment]) -> Request {
        Request(
            PaymentStatement.insert, Column(rows) { $0.id }, Column(rows) { $0.reservationID },
            Column(rows) { $0.userID }, Column(rows) { $0.method }, Column(rows) { $0.status },
            Column(rows) { $0.amount }, Column(rows) { $0.card }, Column(rows) { $0.refunded },
            Column(rows) { $0.gatewayKey }, Column(rows) { $0.tryAt }, Column(rows) { $0.tryCount },
            Column(rows) { $0.declineCode }, Column(rows) { $0.createdAt })
    }

    static func update(_ rows: [Payment]) -> Request {
        Request(
            PaymentStatement.update, Column(rows) { $0.id }, Column(rows) { $0.status }, Column(rows) { $0.refunded },
            Column(rows) { $0.gatewayKey }, Column(rows) { $0.tryAt }, Column(rows) { $0.claim },
            Column(rows) { $0.unknownSince }, Column(rows) { $0.tryCount }, Column(rows) { $0.declineCode })
    }
}

extension PostgresStore {
    public func payment(_ id: PaymentID) async throws(Fault) -> Payment? {
        try await read("read a payment") { db in
            try db.run(Request(PaymentStatement.byID, id)).first(Payment.init)
        }
    }

    public func payments(_ ids: [PaymentID]) async throws(Fault) -> [Payment] {
        try await read("read \(ids.count) payments") { db in
            try db.run(Request(PaymentStatement.byIDs, Column(ids))).all(Payment.init)
        }
    }

    public func payments(of reservation: ReservationID) async throws(Fault) -> [Payment] {
        try await read("list the payments of a reservation") { db in
            try db.run(Request(PaymentStatement.ofReservation, reservation)).all(Payment.init)
        }
    }

    public func unknownPayments(limit: Int) async throws(Fault) -> [Payment] {
        try await read("find unknown payments") { db in
            try db.run(Request(PaymentStatement.unknown, try self.moment(0, agoOn: db), limit)).all(Payment.init)
        }
    }

    public func cardPayments(after: PaymentID?, limit: Int) async throws(Fault)
        -> [(payment: Payment, refundsDone: Won, refundsPending: Won)]
    {
        try await read("list card payments") { db in
            try db.run(Request(PaymentStatement.pageByCard, after ?? .least, limit)).all { row in
                (payment: try Payment(row), refundsDone: try row.won(15), refundsPending: try row.won(16))
            }
        }
    }

    public func cardPayments(_ ids: [PaymentID]) async throws(Fault)
        -> [(payment: Payment, refundsDone: Won, refundsPending: Won)]
    {
        try await read("read \(ids.count) card payments") { db in
            // Those without a card part are left out here: with a condition the server may go through all that have one.
            try db.run(Request(PaymentStatement.cardByIDs, Column(ids))).all { row in
                (payment: try Payment(row), refundsDone: try row.won(15), refundsPending: try row.won(16))
            }.filter { $0.payment.card > .zero }
        }
    }

    public func overdueCharges(olderThanSeconds seconds: Int, limit: Int) async throws(Fault)
        -> [ExpireCharge]
    {
        try await read("find overdue charges") { db in
            try db.run(Request(PaymentStatement.overdueCharges, try self.moment(seconds, agoOn: db), limit)).all {
                row in
                ExpireCharge(paymentID: try row.id(0), ownerID: try row.id(1), afterSeconds: seconds)
            }
        }
    }

    public func paymentFigures() async throws(Fault) -> PaymentFigures {
        let figures = try await read("count unknown payments") { db in
            try db.run(Request(PaymentStatement.figures)).first { row in
                PaymentFigures(
                    unknownCount: try row.int(0), refundsPending: try row.int(2), refundsFailed: try row.int(3),
                    oldestUnknownAt: try row.optionalTime(1))
            }
        }
        guard let figures else { preconditionFailure("a count without a row") }
        return figures
    }
}
