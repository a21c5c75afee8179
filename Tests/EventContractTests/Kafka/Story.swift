import Domain

/// Reservations to which one thing happens after the other.
struct Story {
    private var source = EventSource()
    private let reservations: [ReservationID]
    private let date: DateID
    /// Everything so far, in order.
    private(set) var told: [Event] = []

    init(subjectCount: Int) {
        var source = EventSource()
        reservations = (0..<subjectCount).map { _ in source.id() }
        date = source.id()
        self.source = source
    }

    /// The next event of every reservation.
    mutating func next() -> [Event] {
        let events = reservations.map { source.event(.reservationHeld, of: $0, on: date, seats: [(0, 100)]) }
        told += events
        return events
    }
}
