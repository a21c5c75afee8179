import Domain
import Engine
import Ports
import TestSupport
import Testing

@Suite("A hold's deadline")
struct HoldDeadlineTests {
    @Test("Without any sweeper the next claim succeeds at the deadline and not a millisecond before")
    func toTheMillisecond() async throws {
        try await World.run { world async throws in
            let start = world.clock.now()
            let seat = world.seats[0]
            let first = try await world.held([seat], by: world.fans[0], seconds: 300)
            world.clock.set(to: start.adding(milliseconds: 299_999))
            #expect(await world.hold([seat], by: world.fans[1]).refusal == .seatTaken([seat]))
            world.clock.set(to: start.adding(milliseconds: 300_000))
            #expect(await world.hold([seat], by: world.fans[1]).heldSeats == [seat])

            _ = await world.charge(1_000_000, to: world.fans[0])
            #expect(await world.pay(first, by: world.fans[0]).refusal == .holdExpired)
            #expect(await world.release(first, by: world.fans[0]).refusal == .holdExpired)
        }
    }

    @Test("A hold is paid a millisecond before its deadline and not at it")
    func payingAtTheDeadline() async throws {
        try await World.run { world async throws in
            let start = world.clock.now()
            _ = await world.charge(1_000_000, to: world.fans[0])
            let early = try await world.held([world.seats[0]], by: world.fans[0], seconds: 300)
            let late = try await world.held([world.seats[1]], by: world.fans[0], seconds: 300)
            world.clock.set(to: start.adding(milliseconds: 299_999))
            guard case .paid = await world.pay(early, by: world.fans[0]).receipt else {
                Issue.record("not paid in time")
                return
            }
            world.clock.set(to: start.adding(milliseconds: 300_000))
            #expect(await world.pay(late, by: world.fans[0]).refusal == .holdExpired)
        }
    }

    @Test("A hold that lost its seat is not paid when the clock steps back before its deadline")
    func clockStepsBack() async throws {
        try await World.run { world async throws in
            _ = await world.charge(1_000_000, to: world.fans[0])
            let first = try await world.held([world.seats[0]], by: world.fans[0], seconds: 300)
            world.clock.advance(milliseconds: 300_000)
            _ = try await world.held([world.seats[0]], by: world.fans[1])
            world.clock.advance(milliseconds: -500)
            #expect(await world.pay(first, by: world.fans[0]).refusal == .holdExpired)
        }
    }

    @Test("Best available proposes seats whose hold has ended, swept or not")
    func bestAvailable() async throws {
        try await World.run(World.Plan(rows: 1, seatsPerRow: 2)) { world async throws in
            _ = try await world.engine.seatMap(of: world.date)
            _ = try await world.held(world.seats, by: world.fans[0], seconds: 300)
            world.clock.advance(milliseconds: 299_999)
            #expect(await world.holdBest(2, by: world.fans[1]).refusal == .noSeatsLeft)
            world.clock.advance(milliseconds: 1)
            #expect(await world.holdBest(2, by: world.fans[1]).heldSeats == world.seats)
        }
    }

    @Test("The sweeper frees the seats of an ended hold and announces them")
    func sweeper() async throws {
        var plan = World.Plan()
        plan.hasSweeper = true
        try await World.run(plan) { world async throws in
            let map = try #require(try await world.engine.seatMap(of: world.date))
            let reservation = try await world.held([world.seats[3], world.seats[7]], by: world.fans[0], seconds: 300)
            #expect(map.counts == SeatCounts(total: 100, available: 98, sold: 0))
            let notices = world.broadcast.notices(about: world.date)
            world.clock.advance(milliseconds: 300_000)

            let isTidy = await eventually { map.counts.available == 100 }
            #expect(isTidy)
            #expect(try await world.store.reservation(reservation)?.status == .expired)
            for await notice in notices {
                guard case .seats(let seats) = notice else { continue }
                let expected = [3, 7].map { SeatChange(ordinal: $0, state: .available) }
                #expect(seats.changes.sorted { $0.ordinal < $1.ordinal } == expected)
                break
            }
        }
    }

    @Test("The sweeper leaves a hold alone until its deadline")
    func sweeperIsNotEarly() async throws {
        var plan = World.Plan()
        plan.hasSweeper = true
        try await World.run(plan) { world async throws in
            let late = try await world.held([world.seats[0]], by: world.fans[0], seconds: 301)
            let early = try await world.held([world.seats[1]], by: world.fans[0], seconds: 300)
            world.clock.advance(milliseconds: 300_000)
            // Once the one that is due has gone, the sweeper has looked, and the other must still be there.
            let isSwept = try await eventually { try await world.store.reservation(early)?.status == .expired }
            #expect(isSwept)
            #expect(try await world.store.reservation(late)?.status == .pending)
        }
    }
}
