import Domain
import Engine
import Ports
import TestSupport
import Testing

/// Races for seats. Each asserts what must be true of all interleavings, and has a twin on ``UnguardedStore``.
@Suite("Races for seats", .serialized)
struct SeatRaceTests {
    // MARK: One seat

    @Test("Of 2,000 buyers on one seat exactly one wins, a hundred times", arguments: [1, 3])
    func oneSeat(engineCount: Int) async throws {
        let plan = World.Plan(fanCount: 2_000, engineCount: engineCount)
        try await World.run(plan) { world async throws in
            for (round, seat) in world.seats.enumerated() {
                let answers = await rush(on: seat, round: round, in: world)
                #expect(answers.count == 2_000)
                #expect(answers.count { $0.heldSeats == [seat] } == 1, "round \(round)")
                #expect(answers.count { $0.refusal == .seatTaken([seat]) } == 1_999, "round \(round)")
            }
            #expect(world.seats.count == 100)
        }
    }

    @Test("Without the store's guard some seat has two winners")
    func oneSeatUnguarded() async throws {
        var plan = World.Plan(fanCount: 60, engineCount: 3)
        plan.intercept = { UnguardedStore(base: $0) }
        plan.auditsAtTheEnd = false
        try await World.run(plan) { world async throws in
            var doubleSales = 0
            for (round, seat) in world.seats.enumerated() {
                let winners = await rush(on: seat, round: round, in: world).count { $0.heldSeats != nil }
                if winners > 1 { doubleSales += 1 }
            }
            #expect(doubleSales > 0)
            let violations = try await world.violations()
            #expect(violations.contains { $0.hasPrefix("I1") })
        }
    }

    /// Everyone asks for one seat at the same time, in an order of the round's own.
    private func rush(on seat: SeatID, round: Int, in world: World) async -> [Answer] {
        var random = SeededRandom(seed: UInt64(round))
        let fans = world.fans.shuffled(using: &random)
        return await withTaskGroup(of: Answer.self) { group in
            for (index, fan) in fans.enumerated() {
                group.addTask { await world.hold([seat], by: fan, at: index % world.engines.count) }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    // MARK: Several seats

    @Test(
        "Overlapping holds of several seats get all or nothing, and no seat two owners",
        arguments: [(1, 1), (3, 1), (1, 3), (3, 2)])
    func overlapping(engineCount: Int, laneCount: Int) async throws {
        let plan = World.Plan(rows: 4, fanCount: 400, engineCount: engineCount, laneCount: laneCount)
        try await World.run(plan) { world async throws in
            let attempts = await grab(in: world)
            #expect(attempts.count == 400)
            for attempt in attempts {
                switch attempt.answer {
                case .done: #expect(attempt.answer.heldSeats == attempt.wanted.sorted(), "all of them")
                case .refused(.seatTaken(let taken)):
                    #expect(!taken.isEmpty && Set(taken).isSubset(of: attempt.wanted))
                default: Issue.record("an unexpected answer: \(attempt.answer)")
                }
            }
            let owned = attempts.compactMap(\.answer.heldSeats).flatMap { $0 }
            #expect(Set(owned).count == owned.count, "no seat has two owners")
            let rows = try await world.seatRows()
            #expect(
                Set(owned) == Set(rows.values.filter { $0.state == .pending }.map(\.id)), "or an owner nobody knows")
            #expect(owned.count > 10)
        }
    }

    @Test("Without the store's guard overlapping holds give some seat two owners")
    func overlappingUnguarded() async throws {
        var plan = World.Plan(rows: 4, fanCount: 400, engineCount: 3)
        plan.intercept = { UnguardedStore(base: $0) }
        plan.auditsAtTheEnd = false
        try await World.run(plan) { world async throws in
            let owned = await grab(in: world).compactMap(\.answer.heldSeats).flatMap { $0 }
            #expect(Set(owned).count < owned.count)
            let violations = try await world.violations()
            #expect(violations.contains { $0.hasPrefix("I1") })
        }
    }

    private struct Attempt: Sendable {
        let wanted: [SeatID]
        let answer: Answer
    }

    /// Every fan asks for two to four seats at random, in no order.
    private func grab(in world: World) async -> [Attempt] {
        var random = SeededRandom(seed: 9)
        return await withTaskGroup(of: Attempt.self) { group in
            for (index, fan) in world.fans.enumerated() {
                let wanted = Array(
                    world.seats.shuffled(using: &random).prefix(Int.random(in: 2...4, using: &random)))
                group.addTask {
                    let answer = await world.hold(wanted, by: fan, at: index % world.engines.count)
                    return Attempt(wanted: wanted, answer: answer)
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    // MARK: Best available

    @Test("When pairs are asked for at once and there are just as many, everyone sits together")
    func pairsForAll() async throws {
        try await World.run(World.Plan(rows: 60, seatsPerRow: 10, fanCount: 300)) { world async throws in
            let answers = await wishForPairs(in: world)
            let pairs = answers.compactMap(\.heldSeats)
            #expect(pairs.count == 300)
            expectAdjacentAndApart(pairs, in: world)
        }
    }

    @Test("Beside fans who pick single seats, a pair is refused only when no two free seats are left together")
    func pairsBesideSingles() async throws {
        try await World.run(World.Plan(rows: 20, seatsPerRow: 8, aislesAfter: [4], fanCount: 200)) {
            world async throws in
            var random = SeededRandom(seed: 21)
            let singles = Array(world.seats.shuffled(using: &random).prefix(60))
            let answers = await withTaskGroup(of: Answer.self) { group in
                for (index, fan) in world.fans.enumerated() {
                    group.addTask {
                        index < singles.count
                            ? await world.hold([singles[index]], by: fan) : await world.holdBest(2, by: fan)
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let held = answers.compactMap(\.heldSeats)
            expectAdjacentAndApart(held.filter { $0.count == 2 }, in: world)
            let owned = held.flatMap { $0 }
            #expect(Set(owned).count == owned.count)
            #expect(answers.contains { $0.refusal == .noSeatsLeft }, "140 pairs do not fit")
            let rows = try await world.seatRows()
            for (left, right) in zip(world.seats.indices, world.seats.indices.dropFirst()) where left % 4 != 3 {
                let areFree = [left, right].allSatisfy { rows[world.seats[$0]]?.state == .available }
                #expect(!areFree, "seats \(left) and \(right) were left although pairs were refused")
            }
        }
    }

    @Test("Without the store's guard two pairs share a seat")
    func pairsUnguarded() async throws {
        var plan = World.Plan(rows: 60, seatsPerRow: 10, fanCount: 300, engineCount: 3)
        plan.intercept = { UnguardedStore(base: $0) }
        plan.auditsAtTheEnd = false
        try await World.run(plan) { world async throws in
            let owned = await wishForPairs(in: world).compactMap(\.heldSeats).flatMap { $0 }
            #expect(Set(owned).count < owned.count)
        }
    }

    private func wishForPairs(in world: World) async -> [Answer] {
        await withTaskGroup(of: Answer.self) { group in
            for (index, fan) in world.fans.enumerated() {
                group.addTask { await world.holdBest(2, by: fan, at: index % world.engines.count) }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    private func expectAdjacentAndApart(_ pairs: [[SeatID]], in world: World) {
        let places = Dictionary(uniqueKeysWithValues: world.seats.enumerated().map { ($1, $0) })
        for pair in pairs {
            let ordinals = pair.compactMap { places[$0] }.sorted()
            #expect(ordinals.count == 2 && ordinals[1] == ordinals[0] + 1, "a pair that is not adjacent: \(pair)")
        }
        #expect(Set(pairs.flatMap { $0 }).count == pairs.count * 2, "no seat is in two pairs")
    }
}
