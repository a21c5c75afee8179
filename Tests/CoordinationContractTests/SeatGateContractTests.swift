import CoordinationInProcess
import CoordinationRedis
import Domain
import Ports
import Testing

/// A driver of the seat gate, and how to make one.
struct SeatGateDriver: Sendable, CustomTestStringConvertible {
    let name: String
    /// How many seats are closed in a flood: a driver that asks a server is slower.
    var floodCount = 50_000
    let make: @Sendable () async throws -> any SeatGate

    var testDescription: String { name }

    static let all =
        [SeatGateDriver(name: "in process") { InProcessSeatGate() }]
        + RedisUnderTest.all.map { redis in
            SeatGateDriver(name: redis.name, floodCount: 2_000) { try await redis.coordination().gate }
        }
}

@Suite("Every seat gate")
struct SeatGateContractTests {
    private let now = Timestamp(milliseconds: 1_800_000_000_000)
    private let date = DateID(high: 3, low: 3)
    private var random = SplitMix(seed: 3)

    @Test("Who closes a gate keeps others out until it ends, to the millisecond", arguments: SeatGateDriver.all)
    mutating func deadline(driver: SeatGateDriver) async throws {
        let gate = try await driver.make()
        let seat: SeatID = random.id()
        let (first, second): (UserID, UserID) = (random.id(), random.id())
        let until = now.adding(seconds: 10)
        #expect(await gate.close([seat], on: date, for: first, until: until, now: now).isEmpty)
        #expect(await gate.close([seat], on: date, for: first, until: until, now: now).isEmpty)
        let justBefore = until.adding(milliseconds: -1)
        #expect(await gate.close([seat], on: date, for: second, until: until, now: justBefore) == [seat])
        #expect(await gate.close([seat], on: date, for: second, until: until.adding(seconds: 10), now: until).isEmpty)
        #expect(await gate.close([seat], on: date, for: first, until: until.adding(seconds: 10), now: until) == [seat])
    }

    @Test("A gate that is opened by its fan is open, and by another fan is not", arguments: SeatGateDriver.all)
    mutating func opening(driver: SeatGateDriver) async throws {
        let gate = try await driver.make()
        let seat: SeatID = random.id()
        let (first, second): (UserID, UserID) = (random.id(), random.id())
        let until = now.adding(seconds: 10)
        _ = await gate.close([seat], on: date, for: first, until: until, now: now)
        await gate.open([seat], on: date, for: second)
        #expect(await gate.close([seat], on: date, for: second, until: until, now: now) == [seat])
        await gate.open([seat], on: date, for: first)
        #expect(await gate.close([seat], on: date, for: second, until: until, now: now).isEmpty)
    }

    @Test("Several seats are closed all or none, and the taken ones are named", arguments: SeatGateDriver.all)
    mutating func allOrNone(driver: SeatGateDriver) async throws {
        let gate = try await driver.make()
        let seats: [SeatID] = (0..<40).map { _ in random.id() }
        let (first, second, third): (UserID, UserID, UserID) = (random.id(), random.id(), random.id())
        let until = now.adding(seconds: 10)
        let taken = [seats[5], seats[30]]
        #expect(await gate.close(taken, on: date, for: first, until: until, now: now).isEmpty)
        #expect(Set(await gate.close(seats, on: date, for: second, until: until, now: now)) == Set(taken))
        let others = seats.filter { !taken.contains($0) }
        #expect(await gate.close(others, on: date, for: third, until: until, now: now).isEmpty)
    }

    @Test("Of many fans after one seat at the same time exactly one is through", arguments: SeatGateDriver.all)
    mutating func oneWinner(driver: SeatGateDriver) async throws {
        let gate = try await driver.make()
        let (date, now) = (date, now)
        let seats: [SeatID] = (0..<2_000).map { _ in random.id() }
        let fans: [UserID] = (0..<2).map { _ in random.id() }
        let rendezvous = Rendezvous(parties: fans.count)
        let won = await withTaskGroup(of: [SeatID].self) { group in
            for fan in fans {
                group.addTask {
                    var won: [SeatID] = []
                    for seat in seats {
                        await rendezvous.meet()
                        if await gate.close([seat], on: date, for: fan, until: now.adding(seconds: 10), now: now)
                            .isEmpty
                        {
                            won.append(seat)
                        }
                    }
                    return won
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(won.count == seats.count, "\(won.count) wins of \(seats.count) seats")
        #expect(Set(won) == Set(seats))
    }

    @Test("Fans after overlapping seats never share one, and never wait in a circle", arguments: SeatGateDriver.all)
    mutating func overlapping(driver: SeatGateDriver) async throws {
        let (date, now) = (date, now)
        for round in 0..<50 {
            let gate = try await driver.make()
            let seats: [SeatID] = (0..<12).map { _ in random.id() }
            let wishes = (0..<64).map { _ in
                (fan: random.id() as UserID, seats: Array(seats.shuffled(using: &random).prefix(4)))
            }
            let won = await withTaskGroup(of: [SeatID].self) { group in
                for wish in wishes {
                    group.addTask {
                        let taken = await gate.close(
                            wish.seats, on: date, for: wish.fan, until: now.adding(seconds: 10), now: now)
                        return taken.isEmpty ? wish.seats : []
                    }
                }
                return await group.reduce(into: []) { $0 += $1 }
            }
            #expect(Set(won).count == won.count, "round \(round): a seat was won twice")
            #expect(!won.isEmpty)
            // What nobody won is free as a whole: losers left nothing closed behind them.
            let rest = seats.filter { !won.contains($0) }
            #expect(
                await gate.close(rest, on: date, for: random.id(), until: now.adding(seconds: 10), now: now).isEmpty)
        }
    }

    @Test("It goes on working when far more seats were closed than are closed now", arguments: SeatGateDriver.all)
    mutating func manySeats(driver: SeatGateDriver) async throws {
        let gate = try await driver.make()
        let kept: SeatID = random.id()
        let (fan, other): (UserID, UserID) = (random.id(), random.id())
        _ = await gate.close([kept], on: date, for: fan, until: now.adding(seconds: 3600), now: now)
        for second in 0..<driver.floodCount {
            let moment = now.adding(milliseconds: Int64(second))
            _ = await gate.close(
                [random.id()], on: date, for: other, until: moment.adding(milliseconds: 10), now: moment)
        }
        #expect(await gate.close([kept], on: date, for: other, until: now.adding(seconds: 3600), now: now) == [kept])
    }
}
