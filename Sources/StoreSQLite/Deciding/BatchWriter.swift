internal import Domain
internal import GRDB

/// Saves what a batch changed: one prepared statement a row, parents before children.
struct BatchWriter {
    private let db: Database
    private let known: KnownRows

    init(_ db: Database, known: KnownRows) {
        self.db = db
        self.known = known
    }

    func save(_ rows: Rows) throws {
        try save(rows.reservations.changed, retaken: rows.retaken)
        try save(rows.seats.changed)
        try save(rows.wallets.changed)
        try save(rows.payments.changed)
        try save(rows.refunds.changed)
        try save(rows.tickets.changed)
        try save(rows.transfers)
        try EventLogRow.insert(rows.events, on: db)
        for action in rows.staffActions { try action.insert(on: db) }
        try save(rows.answers.changed)
    }

    private func save(_ reservations: [Reservation], retaken: Set<ReservationID>) throws {
        guard !reservations.isEmpty else { return }
        let insert = try PreparedStatement(ReservationStatement.insert, on: db)
        let insertSeat = try PreparedStatement(ReservationStatement.insertSeat, on: db)
        let update = try PreparedStatement(ReservationStatement.update, on: db)
        for row in reservations {
            if known.reservations.contains(row.id) {
                try update.run(
                    row.status, row.seatCount, row.expiresAt, row.version, row.status.isOver, row.id)
                if retaken.contains(row.id) { try saveFences(of: row) }
                continue
            }
            try insert.run(
                row.id, row.dateID, row.userID, row.status, row.seatCount, row.amount, row.expiresAt, row.createdAt,
                row.version, row.status.isOver)
            for seat in row.seats {
                try insertSeat.run(row.id, seat.id, seat.fence, seat.gradeIndex, seat.grade, seat.price)
            }
        }
    }

    private func saveFences(of reservation: Reservation) throws {
        let update = try PreparedStatement(ReservationStatement.updateFence, on: db)
        for seat in reservation.seats { try update.run(seat.fence, reservation.id, seat.id) }
    }

    private func save(_ seats: [Seat]) throws {
        guard !seats.isEmpty else { return }
        let update = try PreparedStatement(SeatStatement.update, on: db)
        for row in seats {
            let changed = try update.run(row.state, row.reservationID, row.heldUntil, row.fence, row.version, row.id)
            // Stands for the foreign key from reservation_seats to seats: docs/erd.md says why there is none.
            guard changed == 1 else {
                throw DatabaseError(resultCode: .SQLITE_CONSTRAINT, message: "there is no seat \(row.id)")
            }
        }
    }

    private func save(_ wallets: [Wallet]) throws {
        guard !wallets.isEmpty else { return }
        let save = try PreparedStatement(PointsStatement.saveWallet, on: db)
        for row in wallets { try save.run(row.userID, row.balance) }
    }

    private func save(_ payments: [Payment]) throws {
        guard !payments.isEmpty else { return }
        let insert = try PreparedStatement(PaymentStatement.insert, on: db)
        let update = try PreparedStatement(PaymentStatement.update, on: db)
        for row in payments {
            if known.payments.contains(row.id) {
                try update.run(
                    row.status, row.refunded, row.gatewayKey, row.tryAt, row.claim, row.unknownSince, row.tryCount,
                    row.declineCode, row.id)
            } else {
                try insert.run(
                    row.id, row.reservationID, row.userID, row.method, row.status, row.amount, row.card, row.refunded,
                    row.gatewayKey, row.tryAt, row.tryCount, row.declineCode, row.createdAt)
            }
        }
    }

    private func save(_ refunds: [Refund]) throws {
        guard !refunds.isEmpty else { return }
        let insert = try PreparedStatement(RefundStatement.insert, on: db)
        let update = try PreparedStatement(RefundStatement.update, on: db)
        for row in refunds {
            if known.refunds.contains(row.id) {
                try update.run(row.status, row.tryAt, row.tryCount, row.id)
            } else {
                try insert.run(
                    row.id, row.paymentID, row.amount, row.reason, row.status, row.tryAt, row.tryCount, row.createdAt)
            }
        }
    }

    private func save(_ tickets: [Ticket]) throws {
        guard !tickets.isEmpty else { return }
        let insert = try PreparedStatement(TicketStatement.insert, on: db)
        let update = try PreparedStatement(TicketStatement.update, on: db)
        for row in tickets {
            if known.tickets.contains(row.id) {
                try update.run(row.status, row.usedAt, row.usedGate, row.refundReason, row.id)
            } else {
                try insert.run(
                    row.id, row.reservationID, row.seat.id, row.dateID, row.userID,
                    Int64(bitPattern: row.code.secret), row.status, row.usedAt, row.usedGate, row.createdAt,
                    row.refundReason)
            }
        }
    }

    private func save(_ transfers: [Transfer]) throws {
        guard !transfers.isEmpty else { return }
        let insert = try PreparedStatement(PointsStatement.insertTransfer, on: db)
        for row in transfers {
            guard let wallet = row.wallet else {
                try PreparedStatement(PointsStatement.insertHouseTransfer, on: db)
                    .run(row.id, row.kind, row.from, row.to, row.amount, row.paymentID, row.at)
                continue
            }
            try insert.run(row.id, row.kind, row.from, row.to, wallet, row.amount, row.paymentID, row.balance, row.at)
        }
    }

    private func save(_ answers: [StoredAnswer]) throws {
        guard !answers.isEmpty else { return }
        let insert = try PreparedStatement(AnswerStatement.insert, on: db)
        for row in answers { try row.insert(with: insert) }
    }
}
