public import Domain
internal import GRDB
public import Ports

enum PaymentStatement: String, StatementSet {
    case byID = """
        SELECT id, reservation_id, user_id, method, status, amount, card, refunded, gateway_key, try_at, try_count,
            decline_code, created_at, claim, unknown_since
        FROM payments WHERE id = ?
        """
    /// The one that a `CONFIRMED` reservation waits for.
    case openOfReservation = """
        SELECT id, reservation_id, user_id, method, status, amount, card, refunded, gateway_key, try_at, try_count,
            decline_code, created_at, claim, unknown_since
        FROM payments WHERE reservation_id = ? AND status IN ('REQUESTED', 'UNKNOWN')
        """
    case ofReservation = """
        SELECT id, reservation_id, user_id, method, status, amount, card, refunded, gateway_key, try_at, try_count,
            decline_code, created_at, claim, unknown_since
        FROM payments WHERE reservation_id = ? ORDER BY id
        """
    case ofGatewayKey = "SELECT id FROM payments WHERE gateway_key = ?"
    case unknown = """
        SELECT id, reservation_id, user_id, method, status, amount, card, refunded, gateway_key, try_at, try_count,
            decline_code, created_at, claim, unknown_since
        FROM payments WHERE status = 'UNKNOWN' AND try_at <= ? ORDER BY try_at, id LIMIT ?
        """
    case overdueCharges = """
        SELECT id, user_id FROM payments
        WHERE status = 'REQUESTED' AND reservation_id IS NULL AND created_at <= ? ORDER BY created_at LIMIT ?
        """
    case cardByID = """
        SELECT id, reservation_id, user_id, method, status, amount, card, refunded, gateway_key, try_at, try_count,
            decline_code, created_at, claim, unknown_since,
            (SELECT coalesce(sum(r.amount), 0) FROM refunds AS r WHERE r.payment_id = p.id AND r.status = 'DONE'),
            (SELECT coalesce(sum(r.amount), 0) FROM refunds AS r WHERE r.payment_id = p.id AND r.status = 'REQUESTED')
        FROM payments AS p WHERE id = ? AND card > 0
        """
    /// Along the index that has only those with a card part: of the others there may be far more.
    case pageByCard = """
        SELECT id, reservation_id, user_id, method, status, amount, card, refunded, gateway_key, try_at, try_count,
            decline_code, created_at, claim, unknown_since,
            (SELECT coalesce(sum(r.amount), 0) FROM refunds AS r WHERE r.payment_id = p.id AND r.status = 'DONE'),
            (SELECT coalesce(sum(r.amount), 0) FROM refunds AS r WHERE r.payment_id = p.id AND r.status = 'REQUESTED')
        FROM payments AS p INDEXED BY card_payments
        WHERE card > 0 AND id > ? ORDER BY id LIMIT ?
        """
    case unknownFigures = "SELECT count(*), min(unknown_since) FROM payments WHERE status = 'UNKNOWN'"
    case insert = """
        INSERT INTO payments
            (id, reservation_id, user_id, method, status, amount, card, refunded, gateway_key, try_at, try_count,
            decline_code, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    case update = """
        UPDATE payments
        SET status = ?, refunded = ?, gateway_key = ?, try_at = ?, claim = ?, unknown_since = ?, try_count = ?,
            decline_code = ?
        WHERE id = ?
        """
}

extension Payment {
    /// Of the first fifteen columns.
    init(_ row: Columns) throws {
        try self.init(row, from: 0)
    }

    /// - Parameter first: Where the fifteen columns begin.
    init(_ row: Columns, from first: CInt) throws {
        let amount = row.won(first + 5)
        self.init(
            id: try row.id(first), reservationID: try row.optionalID(first + 1), userID: try row.id(first + 2),
            method: try row.word(first + 3), status: try row.word(first + 4), amount: amount,
            points: amount - row.won(first + 6), refunded: row.won(first + 7),
            gatewayKey: row.optionalText(first + 8), tryAt: row.optionalTime(first + 9),
            claim: try row.optionalID(first + 13), unknownSince: row.optionalTime(first + 14),
            tryCount: row.int(first + 10), declineCode: row.optionalText(first + 11), createdAt: row.time(first + 12))
    }
}

extension SQLiteStore {
    public func payment(_ id: PaymentID) async throws(Fault) -> Payment? {
        try await read("read a payment") { db in
            try PreparedStatement(PaymentStatement.byID, on: db).first(id) { try Payment($0) }
        }
    }

    public func payments(_ ids: [PaymentID]) async throws(Fault) -> [Payment] {
        try await read("read \(ids.count) payments") { db in
            let statement = try PreparedStatement(PaymentStatement.byID, on: db)
            var found: [Payment] = []
            for id in ids {
                if let payment = try statement.first(id, as: Payment.init) { found.append(payment) }
            }
            return found
        }
    }

    public func payments(of reservation: ReservationID) async throws(Fault) -> [Payment] {
        try await read("list the payments of a reservation") { db in
            try PreparedStatement(PaymentStatement.ofReservation, on: db).all(reservation, as: Payment.init)
        }
    }

    public func unknownPayments(limit: Int) async throws(Fault) -> [Payment] {
        let now = clock.now()
        return try await read("find unknown payments") { db in
            try PreparedStatement(PaymentStatement.unknown, on: db).all(now, limit) { try Payment($0) }
        }
    }

    public func cardPayments(after: PaymentID?, limit: Int) async throws(Fault)
        -> [(payment: Payment, refundsDone: Won, refundsPending: Won)]
    {
        try await read("list card payments") { db in
            try PreparedStatement(PaymentStatement.pageByCard, on: db).all(after ?? .least, limit) { row in
                (payment: try Payment(row), refundsDone: row.won(15), refundsPending: row.won(16))
            }
        }
    }

    public func cardPayments(_ ids: [PaymentID]) async throws(Fault)
        -> [(payment: Payment, refundsDone: Won, refundsPending: Won)]
    {
        try await read("read \(ids.count) card payments") { db in
            let statement = try PreparedStatement(PaymentStatement.cardByID, on: db)
            return try ids.compactMap { id in
                try statement.first(id) { row in
                    (payment: try Payment(row), refundsDone: row.won(15), refundsPending: row.won(16))
                }
            }
        }
    }

    public func overdueCharges(olderThanSeconds seconds: Int, limit: Int) async throws(Fault)
        -> [ExpireCharge]
    {
        let latest = clock.now().adding(seconds: -seconds)
        return try await read("find overdue charges") { db in
            try PreparedStatement(PaymentStatement.overdueCharges, on: db).all(latest, limit) {
                ExpireCharge(paymentID: try $0.id(0), ownerID: try $0.id(1), afterSeconds: seconds)
            }
        }
    }

    public func paymentFigures() async throws(Fault) -> PaymentFigures {
        try await read("count unknown payments") { db in
            var figures = PaymentFigures(unknownCount: 0, refundsPending: 0, refundsFailed: 0, oldestUnknownAt: nil)
            try PreparedStatement(PaymentStatement.unknownFigures, on: db).each { row in
                figures.unknownCount = row.int(0)
                figures.oldestUnknownAt = row.optionalTime(1)
            }
            figures.refundsPending =
                try PreparedStatement(RefundStatement.countRequested, on: db).first { $0.int(0) } ?? 0
            figures.refundsFailed = try PreparedStatement(RefundStatement.countFailed, on: db).first { $0.int(0) } ?? 0
            return figures
        }
    }
}
