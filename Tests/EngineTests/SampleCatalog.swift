import Domain
import Ports
import StoreSQLite
import TestSupport

/// The concert of a ``World``: one section of grade R, on sale for a month.
struct SampleCatalog {
    let concert: Concert
    let date: ConcertDate
    let layout: Layout
    let seats: [MappedSeat]

    init(now: Timestamp, plan: World.Plan) {
        let date: DateID = .sample(2)
        concert = Concert(
            id: .sample(1), title: LocalizedText(ko: "자리", en: "Seats"), artist: LocalizedText(ko: "", en: "Jari"),
            venue: LocalizedText(ko: "", en: "Hall"), details: LocalizedText(ko: "", en: ""), status: .published,
            createdAt: now)
        var queue = QueueSettings.standard
        queue.seatsPerFanMax = plan.seatsPerFanMax
        self.date = ConcertDate(
            id: date, concertID: concert.id, startsAt: now.adding(seconds: 40 * 86_400),
            saleOpensAt: now.adding(seconds: -3600), saleClosesAt: now.adding(seconds: 30 * 86_400), queue: queue,
            drawSeed: [UInt8](repeating: 7, count: 32), createdAt: now)
        layout = Layout(
            grades: [Grade(name: "R", price: World.price)],
            sections: [
                Layout.Section(
                    name: "A", grade: 0, rows: plan.rows, seatsPerRow: plan.seatsPerRow, distance: 10,
                    aislesAfter: plan.aislesAfter)
            ])
        seats = layout.places().enumerated().map { ordinal, place in
            MappedSeat(
                seat: Seat(
                    id: .sample(100_000 + UInt64(ordinal)), dateID: date, label: place.label, grade: place.grade),
                place: place)
        }
    }

    func save(in store: SQLiteStore) async throws {
        try await store.add(concert, event: event(.concertChanged, number: 1))
        try await store.add(date, event: event(.dateChanged, number: 2))
        let refusal = try await store.replaceSeats(
            of: date.id, grades: layout.grades, seats: seats, layout: [], event: event(.layoutReplaced, number: 3))
        precondition(refusal == nil, "a new date refused its seats")
    }

    private func event(_ kind: Event.Kind, number: UInt64) -> Event {
        Event(
            id: .sample(number), kind: kind, subjectID: ID(date.id), version: 1, dateID: nil, userID: nil,
            amount: .zero, seats: [], at: concert.createdAt)
    }
}
