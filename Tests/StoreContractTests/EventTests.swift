import Domain
import Ports
import Testing

@Suite("Events wait in the outbox until they are delivered")
struct EventTests {
    @Test("Every change leaves its event, in order, with seats, grades and prices", arguments: contracts)
    func outbox(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            let bought = try await world.buy([seats[0], seats[1]], for: fan, of: date)
            let events = try await world.store.undelivered(limit: 100)
            #expect(
                events.map(\.kind) == [
                    .concertChanged, .dateChanged, .layoutReplaced, .pointsCharged, .reservationHeld, .reservationPaid,
                ])
            let held = events[4]
            #expect(held.subjectID == ID(bought.reservation.id))
            #expect(held.version == 1)
            #expect(held.dateID == date.id)
            #expect(held.userID == fan.id)
            #expect(held.amount == Won(240_000))
            #expect(
                held.seats == [
                    Event.Seat(id: seats[0], grade: 0, price: Won(150_000)),
                    Event.Seat(id: seats[1], grade: 1, price: Won(90_000)),
                ])
            #expect(held.at == world.clock.now())
            #expect(events[0].dateID == nil)
            #expect(events[0].seats.isEmpty)
        }
    }

    @Test("What was delivered is not handed out again, whatever the order", arguments: contracts)
    func deliver(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            for _ in 0..<5 { _ = try await world.charge(1, to: fan) }
            let events = try await world.store.undelivered(limit: 100)
            #expect(events.count == 5)
            #expect(try await world.store.undelivered(limit: 2) == Array(events.prefix(2)))
            try await world.store.markDelivered([events[3].id, events[0].id])
            #expect(try await world.store.undelivered(limit: 100) == [events[1], events[2], events[4]])
            #expect(try await world.store.undeliveredCount() == 3)
            // A relay that crashed before it heard marks them again.
            try await world.store.markDelivered([events[0].id, events[1].id])
            #expect(try await world.store.undelivered(limit: 100) == [events[2], events[4]])
            try await world.store.markDelivered([])
            #expect(try await world.store.undeliveredCount() == 2)
        }
    }

    @Test(
        "What is behind thousands of others is marked all the same, though it is not in the first page",
        arguments: contracts)
    func deliverFromBehind(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let concert = try await world.concert()
            for _ in 0..<230 {
                try await world.store.save(
                    concert, event: world.event(.concertChanged, about: ID(concert.id)), answer: nil)
            }
            let events = try await world.store.undelivered(limit: 1_000)
            #expect(events.count == 231)
            try await world.store.markDelivered([events[1].id, events[230].id, world.id()])
            let left = Array(events[0...0] + events[2..<230])
            #expect(try await world.store.undelivered(limit: 1_000) == left)
            try await world.store.markDelivered(events.map(\.id))
            #expect(try await world.store.undeliveredCount() == 0)
        }
    }

    @Test("Events come in the order of their commits, also after the clock was set back", arguments: contracts)
    func orderOfCommits(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            func event(id high: UInt64) -> Event {
                Event(
                    id: EventID(high: high, low: 1), kind: .concertChanged, subjectID: ID(high: 1, low: 1), version: 1,
                    dateID: nil, userID: nil, amount: .zero, seats: [], at: world.clock.now())
            }
            let concert = try await world.concert()
            try await world.store.markDelivered(world.store.undelivered(limit: 1).map(\.id))
            for high: UInt64 in [30, 10, 20] {
                try await world.store.save(concert, event: event(id: high), answer: nil)
            }
            #expect(try await world.store.undelivered(limit: 10).map(\.id.high) == [30, 10, 20])
        }
    }

    @Test("Sales figures add up, and count each event once", arguments: contracts)
    func figures(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let date: DateID = world.id()
            let minute = Timestamp(milliseconds: 1_800_000_000_000)
            let (first, second) = (
                world.event(.reservationPaid, about: world.id()), world.event(.reservationPaid, about: world.id())
            )
            let deltas: @Sendable ([Event]) -> [SalesDelta] = { events in
                let grade = SalesFigures.Grade(
                    grade: 1, held: -events.count, sold: events.count, revenue: Won(Int64(events.count) * 100))
                let sold = SalesFigures.Minute(
                    startsAt: minute, tickets: events.count, revenue: Won(Int64(events.count) * 100))
                return [SalesDelta(dateID: date, figures: SalesFigures(grades: [grade], minutes: [sold]))]
            }
            try await world.store.add([first], deltas: deltas)
            try await world.store.add([first, second], deltas: deltas)
            try await world.store.add([second], deltas: deltas)

            let figures = try await world.store.figures(of: date, since: minute)
            #expect(figures.grades == [SalesFigures.Grade(grade: 1, held: -2, sold: 2, revenue: Won(200))])
            #expect(figures.minutes == [SalesFigures.Minute(startsAt: minute, tickets: 2, revenue: Won(200))])
            let later = try await world.store.figures(of: date, since: minute.adding(milliseconds: 1))
            #expect(later.minutes.isEmpty)
            #expect(later.grades == figures.grades)
        }
    }

    @Test("Events that were seen long ago are forgotten, the oldest first and a few at a time", arguments: contracts)
    func forgetConsumed(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let date: DateID = world.id()
            let deltas: @Sendable ([Event]) -> [SalesDelta] = { events in
                let grade = SalesFigures.Grade(grade: 0, sold: events.count)
                return [SalesDelta(dateID: date, figures: SalesFigures(grades: [grade], minutes: []))]
            }
            let old = (0..<3).map { _ in world.event(.reservationPaid, about: world.id()) }
            world.clock.advance(seconds: 10)
            let bound = world.clock.now()
            let young = world.event(.reservationPaid, about: world.id())
            try await world.store.add(old + [young], deltas: deltas)

            #expect(try await world.store.forgetConsumed(olderThanSeconds: 10, limit: 2) == 0)
            #expect(try await world.store.forgetConsumed(olderThanSeconds: 9, limit: 2) == 2)
            #expect(try await world.store.forgetConsumed(olderThanSeconds: 9, limit: 2) == 1)
            #expect(try await world.store.forgetConsumed(olderThanSeconds: 9, limit: 2) == 0)
            // One that is remembered still counts once; one that was forgotten would count again.
            try await world.store.add([young], deltas: deltas)
            #expect(try await world.store.figures(of: date, since: bound).grades.map(\.sold) == [4])
            try await world.store.add([old[0]], deltas: deltas)
            #expect(try await world.store.figures(of: date, since: bound).grades.map(\.sold) == [5])
        }
    }
}
