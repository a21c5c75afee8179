import Domain
import Ports
import Testing

@Suite("The catalogue keeps concerts, dates and seats")
struct CatalogTests {
    @Test("A search finds the concerts in which every word occurs, in either language and case", arguments: contracts)
    func search(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let first = try await world.concert(title: "봄 여름 100% \"라이브\"")
            let second = try await world.concert(title: "가을 Élan_Vital")
            let draft = try await world.concert(title: "가을 초안", status: .draft)
            func found(_ search: String, drafts: Bool = false) async throws -> [ConcertID] {
                try await world.store.concerts(search: search, includeDrafts: drafts, before: nil, limit: 10).map(\.id)
            }
            #expect(try await found("") == [second.id, first.id])
            #expect(try await found("", drafts: true) == [draft.id, second.id, first.id])
            #expect(try await found("여름") == [first.id])
            #expect(try await found("  OLYMPIC   가을 ") == [second.id])
            #expect(try await found("éLAN") == [second.id])
            #expect(try await found("봄 가을").isEmpty)
            // What means something to LIKE or to JSON is an ordinary character here.
            #expect(try await found("100%") == [first.id])
            #expect(try await found("봄%름").isEmpty)
            #expect(try await found("élan_") == [second.id])
            #expect(try await found("\"라이브\"") == [first.id])
            #expect(try await found("\\").isEmpty)
        }
    }

    @Test("Concerts come newest first, page by page", arguments: contracts)
    func pages(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            var made: [Concert] = []
            for _ in 0..<3 { made.append(try await world.concert()) }
            let store = world.store
            let first = try await store.concerts(search: "", includeDrafts: false, before: nil, limit: 2)
            #expect(first == [made[2], made[1]])
            let second = try await store.concerts(search: "", includeDrafts: false, before: made[1].id, limit: 2)
            #expect(second == [made[0]])
        }
    }

    @Test("A saved concert replaces the one before, and its event waits in the outbox", arguments: contracts)
    func saveConcert(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            var concert = try await world.concert()
            concert.title.en = "Another name"
            concert.status = .cancelled
            let event = world.event(.concertChanged, about: ID(concert.id))
            let answer = world.answer(9)
            try await world.store.save(concert, event: event, answer: answer)
            #expect(try await world.store.concert(concert.id) == concert)
            #expect(try await world.store.undelivered(limit: 10).last == event)
            #expect(try await world.store.answer(answer.scope) == answer)
            let found = try await world.store.concerts(search: "another", includeDrafts: true, before: nil, limit: 1)
            #expect(found == [concert])
        }
    }

    @Test("A request repeated with its key is a conflict, and changes nothing", arguments: contracts)
    func answerConflict(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            var concert = try await world.concert()
            try await world.store.save(
                concert, event: world.event(.concertChanged, about: ID(concert.id)), answer: world.answer(1))
            let before = try await world.store.undeliveredCount()
            let kept = concert
            concert.title.ko = "다른 이름"
            let fault = await #expect(throws: Fault.self) {
                try await world.store.save(
                    concert, event: world.event(.concertChanged, about: ID(kept.id)), answer: world.answer(1))
            }
            #expect(fault?.code == .conflict)
            #expect(try await world.store.concert(concert.id) == kept)
            #expect(try await world.store.undeliveredCount() == before)
        }
    }

    @Test("A date keeps its settings, and saving it leaves grades and seats alone", arguments: contracts)
    func saveDate(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (made, seats) = try await world.sale()
            var date = try #require(try await world.store.date(made.id))
            #expect(date.grades == World.grades)
            #expect(date.drawSeed == [UInt8](0..<32))
            date.queue = QueueSettings(
                activeMax: 7, admitPerSecond: 3, activeSeconds: 90, seatsPerFanMax: 2, isPaused: true)
            date.isCancelled = true
            date.grades = []
            try await world.store.save(date, event: world.event(.dateChanged, about: ID(date.id)), answer: nil)
            let read = try #require(try await world.store.date(date.id))
            #expect(read.queue == date.queue)
            #expect(read.isCancelled)
            #expect(read.grades == World.grades)
            #expect(try await world.store.seats(of: date.id).map(\.seat.id) == seats)
        }
    }

    @Test("Dates of several concerts come together, by start, with their grades", arguments: contracts)
    func datesOfConcerts(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (one, two, other) = (try await world.concert(), try await world.concert(), try await world.concert())
            var later = try await world.date(of: one.id)
            later.startsAt = later.startsAt.adding(seconds: 100)
            try await world.store.save(later, event: world.event(.dateChanged, about: ID(later.id)), answer: nil)
            let sooner = try await world.date(of: two.id)
            _ = try await world.date(of: other.id)
            _ = try await world.store.replaceSeats(
                of: sooner.id, grades: World.grades, seats: world.mappedSeats(of: sooner.id, count: 2), layout: [],
                event: world.event(.layoutReplaced, about: ID(sooner.id)))
            let found = try await world.store.dates(of: [one.id, two.id])
            #expect(found.map(\.id) == [sooner.id, later.id])
            #expect(found.map(\.grades) == [World.grades, []])
            #expect(try await world.store.dates(of: [ConcertID]()) == [])
        }
    }

    @Test("Dates of a concert come by start; those on sale by opening, until they close", arguments: contracts)
    func listDates(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let concert = try await world.concert()
            var later = try await world.date(of: concert.id)
            later.startsAt = later.startsAt.adding(seconds: 100)
            later.saleOpensAt = later.saleOpensAt.adding(seconds: -50)
            try await world.store.save(later, event: world.event(.dateChanged, about: ID(later.id)), answer: nil)
            let sooner = try await world.date(of: concert.id)
            #expect(try await world.store.dates(of: concert.id) == [sooner, later])
            let closing = sooner.saleClosesAt
            #expect(try await world.store.dates(closingAfter: closing, limit: 10).map(\.date) == [later, sooner])
            #expect(try await world.store.dates(closingAfter: closing, limit: 1).map(\.date) == [later])
            let past = closing.adding(milliseconds: 1)
            #expect(try await world.store.dates(closingAfter: past, limit: 10).isEmpty)
        }
    }

    @Test("Dates to come are told apart by whether they sell", arguments: contracts)
    func notOnSale(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let concert = try await world.concert()
            let draft = try await world.concert(status: .draft)
            let hidden = try await world.date(of: draft.id)
            var cancelled = try await world.date(of: concert.id)
            let selling = try await world.date(of: concert.id)
            cancelled.isCancelled = true
            try await world.store.save(
                cancelled, event: world.event(.dateChanged, about: ID(cancelled.id)), answer: nil)
            let found = try await world.store.dates(closingAfter: world.clock.now(), limit: 10)
            let isOnSale = Dictionary(uniqueKeysWithValues: found.map { ($0.date.id, $0.isOnSale) })
            #expect(isOnSale == [hidden.id: false, cancelled.id: false, selling.id: true])
        }
    }

    @Test("Of changes made at the same time none is lost, and what is gone does not come back", arguments: contracts)
    func changesAtOnce(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let concert = try await world.concert()
            let date = try await world.date(of: concert.id)
            let store = world.store
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    let (dateEvent, concertEvent) = (
                        world.event(.dateChanged, about: ID(date.id)),
                        world.event(.concertChanged, about: ID(concert.id))
                    )
                    group.addTask {
                        _ = try await store.change(date.id) { before in
                            var date = before
                            date.queue.activeMax += 1
                            return CatalogChange(date, event: dateEvent, action: nil)
                        }
                        _ = try await store.change(concert.id) { before in
                            var concert = before
                            concert.title.en += "!"
                            return CatalogChange(concert, event: concertEvent, action: nil)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await store.date(date.id)?.queue.activeMax == date.queue.activeMax + 20)
            #expect(
                try await store.concert(concert.id)?.title.en == concert.title.en + String(repeating: "!", count: 20))
            #expect(try await store.delete(date.id, action: nil) == nil)
            let event = world.event(.dateChanged, about: ID(date.id))
            let gone = try await store.change(date.id) { CatalogChange($0, event: event, action: nil) }
            #expect(gone == nil)
            #expect(try await store.date(date.id) == nil)
            #expect(try await store.seatMap(of: date.id) == nil)
        }
    }

    @Test("A map's seats and grades are of one moment, also while a layout is replaced", arguments: contracts)
    func mapOfOneMoment(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let date = try await world.date(of: try await world.concert().id)
            let layouts = (0..<20).map { round in
                (
                    round.isMultiple(of: 2) ? Array(World.grades.prefix(1)) : World.grades,
                    world.mappedSeats(of: date.id, count: round.isMultiple(of: 2) ? 1 : 40)
                )
            }
            let event = world.event(.layoutReplaced, about: ID(date.id))
            let store = world.store
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    for (round, (grades, seats)) in layouts.enumerated() {
                        let event = Event(
                            id: EventID(high: event.id.high, low: event.id.low &+ UInt64(round)), kind: event.kind,
                            subjectID: event.subjectID, version: 1, dateID: nil, userID: nil, amount: .zero, seats: [],
                            at: event.at)
                        let refusal = try await store.replaceSeats(
                            of: date.id, grades: grades, seats: seats, layout: [], event: event)
                        guard refusal == nil else { return false }
                    }
                    return true
                }
                group.addTask {
                    for _ in 0..<200 {
                        guard let map = try await store.seatMap(of: date.id) else { return false }
                        guard map.seats.allSatisfy({ $0.seat.grade < map.grades.count }) else { return false }
                    }
                    return true
                }
                for try await isGood in group { #expect(isGood) }
            }
        }
    }

    @Test("A date of a concert that does not exist is refused by the schema", arguments: contracts)
    func orphanDate(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fault = await #expect(throws: Fault.self) { _ = try await world.date(of: world.id()) }
            let waiting = try await world.store.undeliveredCount()
            #expect(fault?.code == .constraint)
            #expect(waiting == 0)
        }
    }

    @Test("Seats are read in the order of the layout, with their places", arguments: contracts)
    func seatMap(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let date = try await world.date(of: try await world.concert().id)
            // In another order than that of their ids.
            let seats = Array(world.mappedSeats(of: date.id, count: 12).reversed())
            _ = try await world.store.replaceSeats(
                of: date.id, grades: World.grades, seats: seats, layout: [9, 8],
                event: world.event(.layoutReplaced, about: ID(date.id)))
            let read = try await world.store.seats(of: date.id)
            #expect(read.map(\.seat) == seats.map(\.seat))
            #expect(read.map(\.place) == seats.map(\.place))
            #expect(try await world.store.layout(of: date.id) == [9, 8])
            #expect(try await world.store.layout(of: world.id()) == nil)
        }
    }

    @Test("Seats that nobody ever held can be replaced", arguments: contracts)
    func replaceSeats(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (date, _) = try await world.sale(seatCount: 20)
            let next = world.mappedSeats(of: date.id, count: 3)
            let refusal = try await world.store.replaceSeats(
                of: date.id, grades: [World.grades[1]], seats: next, layout: [4],
                event: world.event(.layoutReplaced, about: ID(date.id)))
            #expect(refusal == nil)
            #expect(try await world.store.seats(of: date.id).map(\.seat) == next.map(\.seat))
            #expect(try await world.store.date(date.id)?.grades == [World.grades[1]])
        }
    }

    @Test("Seats stay, and so does their date, once one was held, even if it was given back", arguments: contracts)
    func claimedSeatsStay(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            let held = try await world.hold([seats[0]], for: fan, of: date)
            let store = world.store
            func expectRefusals() async throws {
                let before = try await store.undeliveredCount()
                let replaced = try await store.replaceSeats(
                    of: date.id, grades: [], seats: [], layout: [],
                    event: world.event(.layoutReplaced, about: ID(date.id)))
                #expect(replaced == .hasReservations)
                #expect(try await store.delete(date.id, action: nil) == .hasReservations)
                #expect(try await store.delete(date.concertID, action: nil) == .hasReservations)
                #expect(try await store.seats(of: date.id).map(\.seat.id) == seats)
                #expect(try await store.date(date.id)?.grades == World.grades)
                #expect(try await store.undeliveredCount() == before)
            }
            try await expectRefusals()
            _ = try await world.run(.release(ReleaseHold(userID: fan.id, reservationID: held.id)))
            try await expectRefusals()
        }
    }

    @Test("A concert goes with its dates, and what is gone is not found", arguments: contracts)
    func delete(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (date, _) = try await world.sale()
            #expect(try await world.store.delete(date.concertID, action: nil) == nil)
            #expect(try await world.store.concert(date.concertID) == nil)
            #expect(try await world.store.date(date.id) == nil)
            #expect(try await world.store.seats(of: date.id).isEmpty)
            #expect(try await world.store.delete(date.concertID, action: nil) == .notFound)
            #expect(try await world.store.delete(date.id, action: nil) == .notFound)
            let replaced = try await world.store.replaceSeats(
                of: date.id, grades: [], seats: [], layout: [], event: world.event(.layoutReplaced, about: ID(date.id)))
            #expect(replaced == .notFound)
        }
    }
}
