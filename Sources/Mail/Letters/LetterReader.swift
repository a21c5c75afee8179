internal import Domain
internal import Ports

/// Reads what a mail is to say, as it is when the mail is sent.
struct LetterReader: Sendable {
    let store: any SalesReader & CatalogStore & AccountStore
    /// What stands in a ticket's QR code.
    let qrText: @Sendable (Ticket) -> String

    /// Why there is nothing to send.
    struct Nothing: Error, Hashable {
        let reason: String
    }

    func letter(_ event: Event) async throws(Fault) -> Result<Letter, Nothing> {
        guard let occasion = Occasion(event), let userID = event.userID else {
            return .failure(Nothing(reason: "\(event.kind.rawValue) is no reason for a mail"))
        }
        guard let user = try await store.user(userID) else {
            return .failure(Nothing(reason: "the account is gone"))
        }
        let fan = Mailbox(name: user.name, address: user.email)
        guard fan.isDeliverable else { return .failure(Nothing(reason: "no mail can go to this address")) }
        var date: ConcertDate?
        var concert: Concert?
        if let dateID = event.dateID { date = try await store.date(dateID) }
        if let date { concert = try await store.concert(date.concertID) }
        var tickets: [Ticket] = []
        if occasion != .moneyReturned { tickets = try await store.tickets(of: ReservationID(event.subjectID)) }
        let about = Set(event.seats.map(\.id))
        func seats(_ wanted: (Ticket) -> Bool) -> [Letter.Seat] {
            tickets.filter(wanted).map { Letter.Seat(seat: $0.seat, pass: occasion == .confirmation ? pass($0) : nil) }
        }
        return .success(
            Letter(
                occasion: occasion, event: event, fan: fan, concert: concert, startsAt: date?.startsAt,
                seats: seats { about.contains($0.seat.id) },
                left: seats { !about.contains($0.seat.id) && $0.status != .void }))
    }

    private func pass(_ ticket: Ticket) -> Letter.Pass? {
        guard ticket.status != .void else { return nil }
        return Letter.Pass(ticketID: ticket.id, qr: qrText(ticket), code: ticket.code.description)
    }
}
