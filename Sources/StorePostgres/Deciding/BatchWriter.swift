internal import Domain

/// Saves what a batch changed: one statement a table, parents before children, and only for tables with changes.
struct BatchWriter {
    private let known: KnownRows

    init(known: KnownRows) {
        self.known = known
    }

    /// Nothing when nothing changed.
    func requests(for rows: Rows) -> [Request] {
        reservations(rows.reservations.changed) + fences(of: rows) + seats(rows.seats.changed)
            + wallets(rows.wallets.changed) + payments(rows.payments.changed) + refunds(rows.refunds.changed)
            + tickets(rows.tickets.changed) + transfers(rows.transfers)
            + Event.insert(rows.events) + StaffAction.insert(rows.staffActions) + answers(rows.answers.changed)
    }

    /// One statement for the rows that are there, and one for those that are new. Updates are first: a seat whose ticket
    /// became void can then get another.
    private func split<Row>(
        _ rows: [Row], isKnown: (Row) -> Bool, update: ([Row]) -> Request, insert: ([Row]) -> [Request]
    ) -> [Request] {
        let old = rows.filter(isKnown)
        let new = rows.filter { !isKnown($0) }
        return (old.isEmpty ? [] : [update(old)]) + (new.isEmpty ? [] : insert(new))
    }

    private func reservations(_ rows: [Reservation]) -> [Request] {
        split(
            rows, isKnown: { known.reservations.contains($0.id) }, update: Reservation.update,
            insert: { [Reservation.insert($0), Reservation.insertSeats(of: $0)] })
    }

    /// Those of reservations that are new were inserted with them.
    private func fences(of rows: Rows) -> [Request] {
        let retaken = rows.retaken.intersection(known.reservations).sorted().compactMap { rows.reservations[$0] }
        return retaken.isEmpty ? [] : [Reservation.updateFences(of: retaken)]
    }

    private func seats(_ rows: [Seat]) -> [Request] {
        rows.isEmpty ? [] : [Seat.update(rows)]
    }

    private func wallets(_ rows: [Wallet]) -> [Request] {
        split(
            rows, isKnown: { known.wallets.contains($0.userID) }, update: Wallet.update, insert: { [Wallet.insert($0)] }
        )
    }

    private func payments(_ rows: [Payment]) -> [Request] {
        split(
            rows, isKnown: { known.payments.contains($0.id) }, update: Payment.update, insert: { [Payment.insert($0)] })
    }

    private func refunds(_ rows: [Refund]) -> [Request] {
        split(rows, isKnown: { known.refunds.contains($0.id) }, update: Refund.update, insert: { [Refund.insert($0)] })
    }

    private func tickets(_ rows: [Ticket]) -> [Request] {
        split(rows, isKnown: { known.tickets.contains($0.id) }, update: Ticket.update, insert: { [Ticket.insert($0)] })
    }

    private func transfers(_ rows: [Transfer]) -> [Request] {
        let ofHouse = rows.filter { $0.wallet == nil }
        let ofWallets = ofHouse.isEmpty ? rows : rows.filter { $0.wallet != nil }
        return (ofWallets.isEmpty ? [] : [Transfer.insert(ofWallets)])
            + (ofHouse.isEmpty ? [] : [Transfer.insertOfHouse(ofHouse)])
    }

    private func answers(_ rows: [StoredAnswer]) -> [Request] {
        split(
            rows, isKnown: { known.answers.contains($0.scope) }, update: StoredAnswer.replace,
            insert: { [StoredAnswer.insert($0)] })
    }
}
