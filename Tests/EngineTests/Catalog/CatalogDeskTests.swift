import Domain
import Ports
import TestSupport
import Testing

@testable import Engine

@Suite("Staff's desk")
struct CatalogDeskTests {
    // MARK: What it leaves behind

    @Test("Each change leaves its event and says who did what to what, the newest first")
    func actions() async throws {
        try await Desk.run { desk async throws in
            let concert = try await desk.createdConcert()
            let date = try await desk.createdDate(of: concert)
            _ = try await desk.desk.changeConcert(concert, to: desk.draft(.cancelled), by: desk.staff)
            _ = try await desk.desk.changeDate(date, by: desk.staff) { $0.isCancelled = true }
            var settings = QueueSettings.standard
            settings.activeMax = 5
            _ = try await desk.desk.changeQueue(date, to: settings, by: desk.staff)
            _ = try await desk.pause(date, true, key: 3)
            _ = try await desk.pause(date, false, key: 4)
            #expect(try await desk.layOut(date) == nil)
            #expect(try await desk.desk.deleteDate(date, by: desk.staff) == nil)
            #expect(try await desk.desk.deleteConcert(concert, by: desk.staff) == nil)

            let actions = try await desk.store.staffActions(before: nil, limit: 20)
            try #require(
                actions.map(\.kind) == [
                    .concertDeleted, .dateDeleted, .layoutReplaced, .queueResumed, .queuePaused, .queueChanged,
                    .dateChanged, .concertChanged, .dateCreated, .concertCreated,
                ])
            let ofConcert: Set<StaffAction.Kind> = [.concertCreated, .concertChanged, .concertDeleted]
            for action in actions {
                #expect(action.staffID == desk.staff && action.at == desk.door.now)
                #expect(action.subjectID == (ofConcert.contains(action.kind) ? ID(concert) : ID(date)))
            }
            #expect(actions[7].detail == "CANCELLED")
            #expect(actions[6].detail == "cancelled false → true")
            #expect(actions[5].detail == "maxActive 2000 → 5")
            #expect(actions[2].detail == "12 seats")
            let events = try await desk.store.undelivered(limit: 100).suffix(8)
            #expect(
                events.map(\.kind) == [
                    .concertChanged, .dateChanged, .concertChanged, .dateChanged, .dateChanged, .dateChanged,
                    .dateChanged, .layoutReplaced,
                ])
            #expect(events.allSatisfy { $0.userID == desk.staff })
        }
    }

    @Test("Copies of a request, also at the same time, have one effect and the first answer; another body is refused")
    func once() async throws {
        try await Desk.run { desk async throws in
            let answers = await withTaskGroup(of: Answer?.self) { group in
                for _ in 0..<5 { group.addTask { try? await desk.create(key: 1) } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            var bodies: Set<[UInt8]> = []
            var firsts = 0
            for answer in answers {
                guard case .done(let encoded, let isReplay) = answer else {
                    Issue.record("\(String(describing: answer))")
                    continue
                }
                bodies.insert(encoded.body)
                if !isReplay { firsts += 1 }
            }
            #expect(bodies.count == 1 && firsts == 1)
            #expect(try await desk.store.staffActions(before: nil, limit: 20).count == 1)
            #expect(try await desk.create(key: 1, request: 2).refusal == .idempotencyKeyReused)
        }
    }

    // MARK: Refusals

    @Test("What is not there is not found, and leaves nothing")
    func notFound() async throws {
        try await Desk.run { desk async throws in
            let (desk, staff) = (desk, desk.staff)
            let events = try await desk.store.undeliveredCount()
            #expect(try await desk.desk.changeConcert(.sample(5), to: desk.draft(), by: staff) == nil)
            #expect(try await desk.desk.deleteConcert(.sample(5), by: staff) == .notFound)
            #expect(try await desk.desk.changeDate(.sample(5), by: staff) { $0.isCancelled = true } == nil)
            #expect(try await desk.desk.changeQueue(.sample(5), to: .standard, by: staff) == nil)
            #expect(try await desk.desk.deleteDate(.sample(5), by: staff) == .notFound)
            #expect(try await desk.layOut(.sample(5)) == .notFound)
            #expect(try await desk.pause(.sample(5), true, key: 1).refusal == .notFound)
            #expect(try await desk.createDate(of: .sample(5), key: 2).refusal == .notFound)
            #expect(try await desk.store.staffActions(before: nil, limit: 20).isEmpty)
            #expect(try await desk.store.undeliveredCount() == events)
            // A refusal is not remembered: the same key may try again.
            #expect(try await desk.world.record(1) == nil)
        }
    }

    @Test("Once a seat was held its layout, its date and its concert stay, also when it was given back")
    func claimed() async throws {
        try await Desk.run { desk async throws in
            let world = desk.world
            let reservation = try await world.held([world.seats[0]], by: world.fans[0])
            func expectRefusals() async throws {
                let date = try await desk.door.date()
                #expect(try await desk.layOut(world.date) == .hasReservations)
                #expect(try await desk.desk.deleteDate(world.date, by: desk.staff) == .hasReservations)
                #expect(try await desk.desk.deleteConcert(date.concertID, by: desk.staff) == .hasReservations)
            }
            try await expectRefusals()
            _ = await world.release(reservation, by: world.fans[0])
            try await expectRefusals()
            #expect(try await desk.store.staffActions(before: nil, limit: 20).isEmpty)
            // The map that fans look at is still the one.
            #expect(try await world.engine.seatMap(of: world.date)?.counts.total == world.seats.count)
        }
    }

    // MARK: What follows a change

    @Test("A new layout is what the map shows before the answer, and listeners fetch it again")
    func newLayout() async throws {
        try await Desk.run { desk async throws in
            let (world, heard) = (desk.world, desk.door.listen())
            #expect(try await world.engine.seatMap(of: world.date)?.counts.total == 100)
            #expect(try await desk.layOut(world.date) == nil)
            #expect(try await world.engine.seatMap(of: world.date)?.counts.total == 12)
            let told = await heard.all(from: desk.door).contains { notice in
                if case .mapReplaced = notice { true } else { false }
            }
            #expect(told)
        }
    }

    @Test("The rooms of a concert's dates close when it is withdrawn or deleted, and open when it is published again")
    func rooms() async throws {
        try await Desk.run { desk async throws in
            let door = desk.door
            try await door.keeper.openAll()
            let concert = try await door.date().concertID
            #expect(try await door.join(desk.world.fans[0]) != nil)
            _ = try await desk.desk.changeConcert(concert, to: desk.draft(.draft), by: desk.staff)
            #expect(try await door.join(desk.world.fans[1]) == nil)
            #expect(try await desk.world.engine.seatMap(of: desk.world.date)?.isPublic == false)
            _ = try await desk.desk.changeConcert(concert, to: desk.draft(.published), by: desk.staff)
            #expect(try await door.join(desk.world.fans[1]) != nil)
            #expect(try await desk.desk.deleteConcert(concert, by: desk.staff) == nil)
            #expect(door.figures == nil)
        }
    }

    @Test("New settings and a pause hold in the room at once, and settings do not end a pause")
    func pause() async throws {
        try await Desk.run { desk async throws in
            let (date, fans) = (desk.world.date, desk.world.fans)
            try await desk.door.keeper.openAll()
            #expect(try await desk.pause(date, true, key: 1).isDone)
            #expect(try await desk.door.join(fans[0])?.status == .waiting)
            var settings = QueueSettings.standard
            settings.activeMax = 1
            #expect(try await desk.desk.changeQueue(date, to: settings, by: desk.staff)?.queue.isPaused == true)
            await desk.door.keeper.lookAfterAll()
            #expect(desk.door.figures?.active == 0)
            #expect(try await desk.pause(date, false, key: 2).isDone)
            #expect(try await desk.door.join(fans[1])?.status == .waiting)
            await desk.door.keeper.lookAfterAll()
            #expect(desk.door.figures?.active == 1 && desk.door.figures?.waiting == 1)
        }
    }

    // MARK: The draw

    @Test("Moving an opening to come, in either direction, leaves the seed, and so the commitment, as it is")
    func movedOpening() async throws {
        try await Desk.run { desk async throws in
            let concert = try await desk.createdConcert()
            let date = try await desk.createdDate(of: concert, opensInSeconds: 600)
            let seed = try #require(try await desk.store.date(date)).drawSeed
            let now = desk.door.now
            for seconds in [3_600, 60, 5, -5] {
                let opensAt = now.adding(seconds: seconds)
                let changed = try await desk.desk.changeDate(date, by: desk.staff) { $0.saleOpensAt = opensAt }
                #expect(changed?.drawSeed == seed)
                #expect(try await desk.store.date(date)?.drawSeed == seed)
            }
            // Moved about in the past: what was shown stays what ordered the fans.
            let changed = try await desk.desk.changeDate(date, by: desk.staff) { $0.saleOpensAt = now }
            #expect(changed?.drawSeed == seed)
        }
    }

    @Test("A seed that was shown does not order those who come after: a date that opens again has a new one")
    func reopened() async throws {
        try await Desk.run { desk async throws in
            let concert = try await desk.createdConcert()
            let date = try await desk.createdDate(of: concert, opensInSeconds: 600)
            let seed = try #require(try await desk.store.date(date)).drawSeed
            desk.world.clock.advance(milliseconds: 600_000)
            let opensAt = desk.door.now.adding(seconds: 60)
            let changed = try #require(
                try await desk.desk.changeDate(date, by: desk.staff) { $0.saleOpensAt = opensAt })
            #expect(changed.drawSeed != seed && changed.drawSeed.count == 32)
            #expect(try await desk.store.date(date)?.drawSeed == changed.drawSeed)
            let newest = try await desk.store.staffActions(before: nil, limit: 1)
            #expect(newest.first?.detail?.contains("a new draw seed") == true)
            // It has not been shown, so moving on leaves it.
            let later = opensAt.adding(seconds: 60)
            let moved = try await desk.desk.changeDate(date, by: desk.staff) { $0.saleOpensAt = later }
            #expect(moved?.drawSeed == changed.drawSeed)
        }
    }
}

// MARK: - The world of a desk

private struct Desk: Sendable {
    let door: DoorWorld
    let desk: CatalogDesk
    let staff: UserID

    var world: World { door.world }
    var store: any Store { door.world.store }

    static func run(_ body: (Desk) async throws -> Void) async throws {
        try await DoorWorld.run { door async throws in try await body(Desk(door)) }
    }

    init(_ door: DoorWorld) {
        self.door = door
        desk = CatalogDesk(
            store: door.world.store, engine: door.world.engine, doorkeeper: door.keeper, clock: door.world.clock,
            ids: IDMint(random: SeededRandom(seed: 5)))
        staff = door.world.fans[3]
    }

    func draft(_ status: Concert.Status = .published) -> ConcertDraft {
        let text = LocalizedText(ko: "공연", en: "Concert")
        return ConcertDraft(title: text, artist: text, venue: text, details: text, status: status)
    }

    func create(key: UInt64, request: UInt64 = 0) async throws -> Answer {
        try await desk.createConcert(draft(), by: staff, idempotency: .sample(key, request: request)) { concert in
            EncodedAnswer(status: 201, body: [UInt8](concert.id.description.utf8))
        }
    }

    func createDate(of concert: ConcertID, opensInSeconds: Int = -60, key: UInt64) async throws -> Answer {
        let now = door.now
        let draft = DateDraft(
            startsAt: now.adding(seconds: 86_400), saleOpensAt: now.adding(seconds: opensInSeconds),
            saleClosesAt: now.adding(seconds: 80_000))
        return try await desk.createDate(of: concert, draft, by: staff, idempotency: .sample(key)) { date in
            EncodedAnswer(status: 201, body: [UInt8](date.id.description.utf8))
        }
    }

    func createdConcert() async throws -> ConcertID {
        try #require(try await create(key: 1).id())
    }

    func createdDate(of concert: ConcertID, opensInSeconds: Int = -60) async throws -> DateID {
        try #require(try await createDate(of: concert, opensInSeconds: opensInSeconds, key: 2).id())
    }

    func pause(_ date: DateID, _ isPaused: Bool, key: UInt64) async throws -> Answer {
        try await desk.setPaused(isPaused, date: date, by: staff, idempotency: .sample(key)) { _ in
            EncodedAnswer(status: 200, body: [])
        }
    }

    /// Three rows of four seats.
    func layOut(_ date: DateID) async throws -> CatalogRefusal? {
        let layout = Layout(
            grades: [Grade(name: "R", price: World.price)],
            sections: [Layout.Section(name: "B", grade: 0, rows: 3, seatsPerRow: 4, distance: 10, aislesAfter: [])])
        return try await desk.replaceLayout(of: date, with: layout, document: [1], by: staff)
    }
}

extension Answer {
    fileprivate func id<Entity>() -> ID<Entity>? {
        guard case .done(let encoded, _) = self else { return nil }
        return ID(String(decoding: encoded.body, as: UTF8.self))
    }

    fileprivate var isDone: Bool {
        if case .done = self { true } else { false }
    }
}
