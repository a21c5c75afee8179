import Domain
import EventsInProcess
import Ports
import Testing

@Suite("The sales projection")
struct SalesProjectionTests {
    private var source = EventSource()

    @Test("Paying moves seats from held to sold, and splits the revenue by grade exactly")
    mutating func paying() {
        let date: DateID = source.id()
        let reservation: ReservationID = source.id()
        let seats: [(grade: Int, price: Int64)] = [(0, 165_000), (2, 99_000), (0, 165_000)]
        let held = source.event(.reservationHeld, of: reservation, on: date, seats: seats)
        let paid = source.event(
            .reservationPaid, of: reservation, on: date, seats: seats, at: Timestamp(milliseconds: 60_000 + 59_999))

        #expect(
            SalesProjection.deltas(of: [held]) == [
                SalesDelta(
                    dateID: date,
                    figures: SalesFigures(
                        grades: [SalesFigures.Grade(grade: 0, held: 2), SalesFigures.Grade(grade: 2, held: 1)],
                        minutes: []))
            ])
        #expect(
            SalesProjection.deltas(of: [paid]) == [
                SalesDelta(
                    dateID: date,
                    figures: SalesFigures(
                        grades: [
                            SalesFigures.Grade(grade: 0, held: -2, sold: 2, revenue: Won(330_000)),
                            SalesFigures.Grade(grade: 2, held: -1, sold: 1, revenue: Won(99_000)),
                        ],
                        minutes: [
                            SalesFigures.Minute(
                                startsAt: Timestamp(milliseconds: 60_000), tickets: 3, revenue: Won(429_000))
                        ]))
            ])
    }

    @Test(
        "Cancelling and expiring give held seats back",
        arguments: [Event.Kind.reservationCancelled, .reservationExpired])
    mutating func givingBack(kind: Event.Kind) {
        let date: DateID = source.id()
        let reservation: ReservationID = source.id()
        let over = source.event(kind, of: reservation, on: date, seats: [(1, 10), (1, 10)])
        #expect(
            SalesProjection.deltas(of: [over]).map(\.figures) == [
                SalesFigures(grades: [SalesFigures.Grade(grade: 1, held: -2)], minutes: [])
            ])
    }

    @Test("A hold that ran out and is paid after all counts as sold once, and is not held")
    mutating func takenAgain() {
        let date: DateID = source.id()
        let reservation: ReservationID = source.id()
        let seats: [(grade: Int, price: Int64)] = [(0, 100), (1, 30)]
        let kinds: [Event.Kind] = [
            .reservationHeld, .reservationConfirmed, .reservationExpired, .reservationRetaken, .reservationPaid,
        ]
        let events = kinds.map { source.event($0, of: reservation, on: date, seats: seats) }
        #expect(
            SalesProjection.deltas(of: events).map(\.figures.grades) == [
                [
                    SalesFigures.Grade(grade: 0, sold: 1, revenue: Won(100)),
                    SalesFigures.Grade(grade: 1, sold: 1, revenue: Won(30)),
                ]
            ])
    }

    @Test("Refunds lower what is sold and the revenue, and leave the minutes as they were")
    mutating func refunding() {
        let date: DateID = source.id()
        let reservation: ReservationID = source.id()
        let seats: [(grade: Int, price: Int64)] = [(0, 100), (0, 100), (1, 30)]
        let events = [
            source.event(.reservationHeld, of: reservation, on: date, seats: seats),
            source.event(.reservationPaid, of: reservation, on: date, seats: seats),
            source.event(.reservationPartlyRefunded, of: reservation, on: date, seats: [(0, 100)]),
        ]
        let rest = source.event(.reservationRefunded, of: reservation, on: date, seats: [(0, 100), (1, 30)])
        let sold = SalesFigures.Minute(startsAt: Timestamp(milliseconds: 0), tickets: 3, revenue: Won(230))
        #expect(
            SalesProjection.deltas(of: events).map(\.figures) == [
                SalesFigures(
                    grades: [
                        SalesFigures.Grade(grade: 0, sold: 1, revenue: Won(100)),
                        SalesFigures.Grade(grade: 1, sold: 1, revenue: Won(30)),
                    ], minutes: [sold])
            ])
        #expect(
            SalesProjection.deltas(of: events + [rest]).map(\.figures) == [
                SalesFigures(
                    grades: [SalesFigures.Grade(grade: 0), SalesFigures.Grade(grade: 1)], minutes: [sold])
            ])
    }

    @Test("Each date and each minute is counted by itself")
    mutating func apart() {
        let dates: [DateID] = [source.id(), source.id()]
        let minutes: [Int64] = [0, 59_999, 60_000]
        var events: [Event] = []
        for date in dates {
            for minute in minutes {
                events.append(
                    source.event(
                        .reservationPaid, of: source.id(), on: date, seats: [(0, 7)],
                        at: Timestamp(milliseconds: minute)))
            }
        }
        let deltas = SalesProjection.deltas(of: events)
        #expect(deltas.map(\.dateID) == dates.sorted())
        for delta in deltas {
            #expect(delta.figures.minutes.map(\.tickets) == [2, 1])
            #expect(delta.figures.minutes.map(\.startsAt.milliseconds) == [0, 60_000])
        }
    }

    @Test("Events that move no seat change nothing")
    mutating func nothing() {
        let date: DateID = source.id()
        let kinds: [Event.Kind] = [
            .reservationConfirmed, .reservationReopened, .paymentReturned, .refundFailed, .ledgerDiffers,
            .pointsCharged, .ticketUsed, .concertChanged, .dateChanged, .layoutReplaced,
            .seatsBlocked, .seatsUnblocked,
        ]
        for kind in kinds {
            let event = source.event(kind, of: source.id(), on: date, seats: [(0, 100)])
            #expect(SalesProjection.deltas(of: [event]).isEmpty, "\(kind)")
        }
        let dateless = source.event(.reservationPaid, of: source.id(), on: nil, seats: [(0, 100)])
        #expect(SalesProjection.deltas(of: [dateless]).isEmpty)
    }

    @Test("An event that comes twice counts once, in one batch or in two")
    mutating func duplicates() async throws {
        let store = MemorySalesFigures()
        let projection = SalesProjection(store: store)
        let date: DateID = source.id()
        let reservation: ReservationID = source.id()
        let held = source.event(.reservationHeld, of: reservation, on: date, seats: [(0, 100)])
        let paid = source.event(.reservationPaid, of: reservation, on: date, seats: [(0, 100)])
        try await projection.consume([held, held])
        try await projection.consume([held, paid])
        try await projection.consume([paid])
        let figures = try await store.figures(of: date, since: Timestamp(milliseconds: 0))
        #expect(figures.grades == [SalesFigures.Grade(grade: 0, held: 0, sold: 1, revenue: Won(100))])
        #expect(figures.minutes.map(\.tickets) == [1])
    }
}
