import CoordinationInProcess
import Domain
import Logging
import Ports
import Synchronization
import TestSupport
import Testing

@testable import Engine

@Suite("The doorkeeper")
struct DoorkeeperTests {
    // MARK: Opening

    @Test("Nobody is let in before the opening; at it, by lot and as fast as the date's settings say")
    func opening() async throws {
        try await DoorWorld.run { door async throws in
            let opensAt = door.now.adding(seconds: 10)
            try await door.change { date in
                date.saleOpensAt = opensAt
                date.queue.admitPerSecond = 2
            }
            for fan in door.world.fans { #expect(try await door.join(fan)?.number == 0) }
            door.world.clock.advance(milliseconds: 9_999)
            await door.keeper.lookAfterAll()
            #expect(door.figures?.active == 0)
            door.world.clock.advance(milliseconds: 1)
            await door.keeper.lookAfterAll()
            #expect(door.figures?.active == 2)
            door.world.clock.advance(milliseconds: 500)
            await door.keeper.lookAfterAll()
            #expect(door.figures?.active == 3)
        }
    }

    @Test("At a start the rooms of all dates are opened that sell or will, and of no others")
    func openAll() async throws {
        try await DoorWorld.run { door async throws in
            #expect(try await door.join(door.world.fans[0]) == nil)
            try await door.keeper.openAll()
            #expect(try await door.join(door.world.fans[0])?.status == .active)
            let date = try await door.date()
            let later = DoorWorld(door.world)
            door.world.clock.set(to: date.saleClosesAt.adding(milliseconds: 1))
            try await later.keeper.openAll()
            #expect(try await later.join(door.world.fans[0]) == nil)
        }
    }

    @Test("The room of a cancelled date, or of a concert that is not published, takes nobody")
    func closedRooms() async throws {
        try await DoorWorld.run { door async throws in
            try await door.keeper.open(door.world.date)
            #expect(try await door.join(door.world.fans[0]) != nil)
            try await door.change { $0.isCancelled = true }
            #expect(try await door.join(door.world.fans[1]) == nil)
            try await door.change { $0.isCancelled = false }
            #expect(try await door.join(door.world.fans[1]) != nil)
            try await door.publish(as: .draft)
            try await door.keeper.open(door.world.date)
            #expect(try await door.join(door.world.fans[2]) == nil)
        }
    }

    @Test("A date that does not sell has no room, and uses up no numbers however long it is looked after")
    func draftsClaimNothing() async throws {
        try await DoorWorld.run { door async throws in
            try await door.publish(as: .draft)
            for _ in 0..<5 {
                await door.keeper.lookAfterAll()
                door.world.clock.advance(milliseconds: 4 * 3_600_000)
            }
            try await door.keeper.open(door.world.date)
            #expect(door.figures == nil)
            #expect(try await door.world.store.claimQueueNumbers(of: door.world.date, count: 1) == 1)
        }
    }

    @Test("A room that was left open by a process that is gone is closed once its date does not sell")
    func leftOpen() async throws {
        try await DoorWorld.run { door async throws in
            try await door.keeper.open(door.world.date)
            let event = door.event(5)
            _ = try await door.world.store.change(door.world.date) { before in
                var date = before
                date.isCancelled = true
                return CatalogChange(date, event: event, action: nil)
            }
            // Another process, on the same rooms.
            let next = DoorWorld(door.world, room: door.room)
            await next.keeper.lookAfterAll()
            #expect(try await door.join(door.world.fans[0]) == nil)
        }
    }

    @Test("What another process changed, or told a room too late, holds again after the next rounds")
    func followsTheStore() async throws {
        try await DoorWorld.run { door async throws in
            await door.keeper.lookAfterAll()
            #expect(try await door.join(door.world.fans[0])?.status == .active)
            let elsewhere = DoorWorld(door.world)
            try await elsewhere.change { $0.queue.isPaused = true }
            door.world.clock.advance(milliseconds: 1_000)
            await door.keeper.lookAfterAll()
            #expect(door.figures?.isPaused == true)
            var stale = try await door.date()
            stale.queue.isPaused = false
            _ = door.room.change(
                stale.id,
                rules: WaitingRoomRules(
                    settings: stale.queue, opensAt: stale.saleOpensAt, closesAt: stale.saleClosesAt,
                    drawSeed: stale.drawSeed))
            #expect(door.figures?.isPaused == false)
            for _ in 0..<11 {
                door.world.clock.advance(milliseconds: 1_000)
                await door.keeper.lookAfterAll()
            }
            #expect(door.figures?.isPaused == true)
            try await elsewhere.change { $0.isCancelled = true }
            door.world.clock.advance(milliseconds: 1_000)
            await door.keeper.lookAfterAll()
            #expect(try await door.join(door.world.fans[1]) == nil)
        }
    }

    @Test("A room that is opened after a restart gives higher numbers than the one before")
    func numbersGrow() async throws {
        try await DoorWorld.run { door async throws in
            try await door.keeper.openAll()
            let before = try #require(try await door.join(door.world.fans[0]))
            let restarted = DoorWorld(door.world)
            try await restarted.keeper.openAll()
            let after = try #require(try await restarted.join(door.world.fans[1]))
            #expect(after.number > before.number)
        }
    }

    @Test("What was drawn is kept, once, and the next process tells the fans their numbers again")
    func keptDraw() async throws {
        try await DoorWorld.run { door async throws in
            let opensAt = door.now.adding(seconds: 10)
            try await door.change { $0.saleOpensAt = opensAt }
            let date = try await door.date()
            for fan in door.world.fans { _ = try await door.join(fan) }
            await door.keeper.lookAfterAll()
            #expect(try await door.world.store.keptDraw(of: date.id) == nil)
            door.world.clock.advance(milliseconds: 10_000)
            await door.keeper.lookAfterAll()
            let draw = try #require(try await door.world.store.keptDraw(of: date.id))
            #expect(draw.lots.count == 4 && draw.seed == date.drawSeed)
            var numbers: [UserID: Int64] = [:]
            for fan in door.world.fans { numbers[fan] = try await door.join(fan)?.number }

            let restarted = DoorWorld(door.world)
            try await restarted.keeper.openAll()
            for fan in door.world.fans.reversed() {
                #expect(try await restarted.join(fan, bringing: 0)?.number == numbers[fan])
            }
            // Kept is kept: what was read is not written again.
            await restarted.keeper.lookAfterAll()
            #expect(try await door.world.store.keptDraw(of: date.id) == draw)
        }
    }

    // MARK: The lease

    @Test("Of two doorkeepers one lets fans in, and the other takes over when the lease has ended")
    func lease() async throws {
        try await DoorWorld.run { door async throws in
            try await door.keeper.openAll()
            try await door.pauseAndFill()
            let other = InProcessLeases(competingWith: door.leases)
            let until = door.now.adding(seconds: 2)
            #expect(other.hold("doorkeeper", until: until, now: door.now))
            await door.keeper.lookAfterAll()
            #expect(door.figures?.active == 0)
            door.world.clock.set(to: until)
            await door.keeper.lookAfterAll()
            #expect(door.figures?.active == 4)
        }
    }

    // MARK: Sold out

    @Test("Held seats let nobody in and sold ones are sold out, which all are told once; a refund goes on")
    func soldOut() async throws {
        try await DoorWorld.run(World.Plan(rows: 1, seatsPerRow: 2)) { door async throws in
            let (world, heard) = (door.world, door.listen())
            try await door.keeper.openAll()
            let reservation = try await world.held(world.seats, by: world.fans[0])
            await door.keeper.lookAfterAll()
            let place = try #require(try await door.join(world.fans[1]))
            #expect(place.status == .waiting && !place.isSoldOut)
            #expect(await heard.all(from: door).contains { $0.isSoldOut } == false)

            _ = await world.charge(World.price.amount * 2, to: world.fans[0])
            let paid = await world.pay(reservation, by: world.fans[0])
            guard case .paid(let payment, _, _) = paid.receipt else { throw Unexpected(answer: paid) }
            for _ in 0..<3 {
                world.clock.advance(milliseconds: 100)
                await door.keeper.lookAfterAll()
            }
            #expect(try await door.join(world.fans[1])?.isSoldOut == true)
            #expect(await heard.all(from: door).count { $0.isSoldOut } == 1)

            _ = await world.refund(payment, of: world.fans[0])
            world.clock.advance(milliseconds: 1_000)
            await door.keeper.lookAfterAll()
            let after = try #require(try await door.join(world.fans[1]))
            #expect(after.status == .active && !after.isSoldOut)
        }
    }

    @Test("A date without seats is not sold out, and lets nobody in")
    func noSeats() async throws {
        try await DoorWorld.run { door async throws in
            let heard = door.listen(to: .sample(77))
            var date = try await door.date()
            date = ConcertDate(
                id: .sample(77), concertID: date.concertID, startsAt: date.startsAt, saleOpensAt: date.saleOpensAt,
                saleClosesAt: date.saleClosesAt, drawSeed: date.drawSeed, createdAt: date.createdAt)
            try await door.world.store.add(date, event: door.event(1))
            try await door.keeper.open(date.id)
            await door.keeper.lookAfterAll()
            let place = door.room.join(date.id, fan: door.world.fans[0], bringing: nil, now: door.now)
            #expect(place?.status == .waiting && place?.isSoldOut == false)
            #expect(await heard.all(from: door, about: date.id).contains { $0.isSoldOut } == false)
        }
    }

    // MARK: Figures and the end

    @Test("Figures are told when somebody is let in, and else once a second")
    func figures() async throws {
        try await DoorWorld.run { door async throws in
            let heard = door.listen()
            try await door.keeper.openAll()
            for _ in 0..<25 {
                await door.keeper.lookAfterAll()
                door.world.clock.advance(milliseconds: 100)
            }
            #expect(await heard.all(from: door).compactMap(\.figures).count == 3)
            try await door.pauseAndFill()
            door.world.clock.advance(milliseconds: 100)
            await door.keeper.lookAfterAll()
            let told = await heard.all(from: door).compactMap(\.figures)
            #expect(told.count == 4 && told.last?.active == 4)
        }
    }

    @Test("A room stays three hours after its sale, for those inside, and is gone then")
    func end() async throws {
        try await DoorWorld.run { door async throws in
            try await door.keeper.openAll()
            let end = try await door.date().saleClosesAt.adding(seconds: 3 * 3600)
            door.world.clock.set(to: end.adding(milliseconds: -1))
            await door.keeper.lookAfterAll()
            #expect(door.figures != nil)
            door.world.clock.set(to: end)
            await door.keeper.lookAfterAll()
            #expect(door.figures == nil)
        }
    }

    @Test("Who waits keeps their place while the concert is withdrawn, however long, until the date's own sale is over")
    func withdrawn() async throws {
        try await DoorWorld.run { door async throws in
            try await door.keeper.openAll()
            try await door.change { date in
                date.queue.isPaused = true
                date.saleClosesAt = date.saleClosesAt.adding(seconds: 48 * 3600)
            }
            let fan = door.world.fans[0]
            let place = try #require(try await door.join(fan))
            try await door.publish(as: .draft)
            let end = try await door.date().saleClosesAt.adding(seconds: 3 * 3600)
            for _ in 0..<8 {
                await door.keeper.lookAfterAll()
                // Less than a fan's place is kept without a sign.
                for _ in 0..<2 {
                    door.world.clock.advance(milliseconds: 25 * 60_000)
                    _ = door.room.place(of: fan, on: door.world.date, bringing: nil, now: door.now)
                    await door.keeper.lookAfterAll()
                }
            }
            try await door.publish(as: .published)
            try await door.keeper.open(door.world.date)
            #expect(door.room.place(of: fan, on: door.world.date, bringing: nil, now: door.now)?.number == place.number)
            try await door.publish(as: .draft)
            door.world.clock.set(to: end.adding(milliseconds: -1))
            await door.keeper.lookAfterAll()
            #expect(door.figures != nil)
            door.world.clock.set(to: end)
            await door.keeper.lookAfterAll()
            #expect(door.figures == nil)
        }
    }

    @Test("A room whose date is gone is closed")
    func gone() async throws {
        try await DoorWorld.run { door async throws in
            try await door.keeper.openAll()
            _ = try await door.world.store.delete(door.world.date, action: nil)
            await door.keeper.lookAfterAll()
            #expect(door.figures == nil)
        }
    }
}
