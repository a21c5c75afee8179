import Domain
import Ports
import TestSupport
import Testing

@testable import Engine

@Suite("Seat maps")
struct SeatMapTests {
    // MARK: Following commits

    @Test("A map shows what a caller has just been told, and its version grows with every change")
    func followsCommits() async throws {
        try await World.run { world async throws in
            let map = try #require(try await world.engine.seatMap(of: world.date))
            var versions = [map.version]
            func expect(_ state: SeatState, available: Int, sold: Int = 0) {
                #expect(map.states().states[3] == state)
                #expect(map.packedStates().bytes[0] == state.mapCode << 6)
                #expect(map.counts == SeatCounts(total: 100, available: available, sold: sold))
                versions.append(map.version)
            }
            let reservation = try await world.held([world.seats[3]], by: world.fans[0])
            expect(.pending, available: 99)
            _ = await world.charge(World.price.amount, to: world.fans[0])
            guard case .paid(let payment, _, _) = await world.pay(reservation, by: world.fans[0]).receipt else {
                Issue.record("not paid")
                return
            }
            expect(.paid, available: 99, sold: 1)
            _ = await world.refund(payment, of: world.fans[0])
            expect(.available, available: 100)
            let other = try await world.held([world.seats[3]], by: world.fans[1])
            expect(.pending, available: 99)
            _ = await world.release(other, by: world.fans[1])
            expect(.available, available: 100)
            #expect(versions == versions.sorted() && Set(versions).count == versions.count)
        }
    }

    @Test("After a rush a map equals the store")
    func equalsTheStore() async throws {
        try await World.run(World.Plan(fanCount: 200)) { world async throws in
            let map = try #require(try await world.engine.seatMap(of: world.date))
            await withTaskGroup(of: Void.self) { group in
                for (index, fan) in world.fans.enumerated() {
                    group.addTask {
                        let seat = world.seats[index * 7 % 100]
                        guard case .held(let hold, _, _, _) = await world.hold([seat], by: fan).receipt else { return }
                        if index % 3 == 0 { _ = await world.release(hold, by: fan) }
                    }
                }
            }
            let rows = try await world.seatRows()
            #expect(map.states().states == world.seats.map { rows[$0]?.state })
            #expect(map.counts.available == rows.values.count { $0.state == .available })
        }
    }

    @Test("A commit whose outcome was unknown shows on the map all the same", arguments: [1, 5])
    func unknownOutcome(unknownCount: Int) async throws {
        let script = [FaultyStore.Injection.unknownAfterCommit]
        let more = Array(repeating: FaultyStore.Injection.unavailable, count: unknownCount - 1)
        let faulty = Slot<FaultyStore>()
        var plan = World.Plan()
        plan.intercept = { faulty.fill(with: FaultyStore($0, [])) }
        try await World.run(plan) { world async throws in
            let version = try #require(try await world.engine.seatMap(of: world.date)).version
            faulty.value?.inject(script + more)
            // With five failures the caller is told of the fault; the seat is held nevertheless.
            _ = await world.hold([world.seats[3]], by: world.fans[0], key: .sample(1))
            let map = try #require(try await world.engine.seatMap(of: world.date))
            #expect(await eventually { map.states().states[3] == .pending })
            #expect(map.counts.available == 99)
            #expect(map.version > version)
            #expect(
                await world.hold([world.seats[3]], by: world.fans[0], key: .sample(1)).heldSeats == [world.seats[3]])
        }
    }

    @Test("Listeners are told of each change, with the map's version after it")
    func announces() async throws {
        try await World.run { world async throws in
            let map = try #require(try await world.engine.seatMap(of: world.date))
            var notices = world.broadcast.notices(about: world.date).makeAsyncIterator()
            let before = map.version
            _ = try await world.held([world.seats[3]], by: world.fans[0])
            guard case .seats(let seats) = await notices.next() else {
                Issue.record("not told")
                return
            }
            #expect(seats.previous == before && seats.version == before + 1 && seats.version == map.version)
            #expect(seats.changes == [SeatChange(ordinal: 3, state: .pending)])
        }
    }

    @Test("A date without a row has no map")
    func unknownDate() async throws {
        try await World.run { world async throws in
            #expect(try await world.engine.seatMap(of: .sample(99)) == nil)
        }
    }

    // MARK: Coming back

    @Test("Whoever missed changes is brought up to date by them")
    func heals() {
        let map = emptyMap(seatCount: 50)
        var rows = SeatRows()
        var random = SeededRandom(seed: 8)
        var copies: [(version: Int64, states: [SeatState])] = [map.states()]
        for _ in 0..<200 {
            let number = Int.random(in: 0..<50, using: &random)
            let states: [SeatState] = [.available, .pending, .paid]
            _ = map.show([rows.update(number, random.pick(from: states) ?? .paid)], now: now)
            copies.append(map.states())
        }
        for copy in copies {
            guard let missed = map.changes(since: copy.version, now: now) else {
                Issue.record("version \(copy.version) is not known any more")
                continue
            }
            var states = copy.states
            for seats in missed {
                for change in seats.changes { states[change.ordinal] = change.state }
            }
            #expect(states == map.states().states)
            #expect(missed.map(\.version) == missed.map(\.version).sorted())
            #expect(zip(missed, missed.dropFirst()).allSatisfy { $0.version == $1.previous }, "a chain without gaps")
            #expect((missed.last?.version ?? copy.version) <= map.version)
        }
    }

    @Test("Changes of too long ago, or of another map, are nil: fetch the map again")
    func tooOld() {
        let map = emptyMap(seatCount: 2)
        var rows = SeatRows()
        let first = map.version
        #expect(map.changes(since: first, now: now)?.isEmpty == true)
        #expect(map.changes(since: first - 1, now: now) == nil)
        #expect(map.changes(since: first + 1, now: now) == nil)
        for index in 0..<2_048 { _ = map.show([rows.update(0, index % 2 == 0 ? .pending : .available)], now: now) }
        #expect(map.changes(since: first, now: now)?.count == 2_048)
        _ = map.show([rows.update(0, .pending)], now: now)
        #expect(map.changes(since: first, now: now) == nil)
        #expect(map.changes(since: map.version - 1, now: now)?.count == 1)
        #expect(map.changes(since: map.version, now: now)?.isEmpty == true)
        #expect(map.changes(since: map.version + 1, now: now) == nil)
    }

    @Test("What looks the same as before is no change, and neither is a seat of another map")
    func noChange() {
        let map = emptyMap(seatCount: 2)
        var rows = SeatRows()
        let version = map.version
        #expect(map.show([rows.update(77, .paid)], now: now) == nil, "a seat of another map")
        #expect(map.version == version)
        #expect(map.show([rows.update(0, .available)], now: now) == nil)
        #expect(map.changes(since: version, now: now)?.isEmpty == true)
        guard case .seats(let seats) = map.show([rows.update(0, .paid)], now: now) else {
            Issue.record("not told")
            return
        }
        #expect(seats.previous == version, "follows what listeners know, not what they could not see")
        #expect(seats.version == map.version)
    }

    // MARK: Several processes

    @Test("Maps that were shown the same commits are equal, in whatever order and however often they came")
    func converge() {
        var rows = SeatRows()
        var random = SeededRandom(seed: 21)
        let updates = (0..<400).map { _ in
            rows.update(
                Int.random(in: 0..<20, using: &random), random.pick(from: SeatState.allCases) ?? .paid)
        }
        let inOrder = emptyMap(seatCount: 20)
        for update in updates { _ = inOrder.show([update], now: now) }
        for _ in 0..<20 {
            let map = emptyMap(seatCount: 20)
            for update in updates.shuffled(using: &random) { _ = map.show([update], now: now) }
            for update in updates.shuffled(using: &random).prefix(100) {
                #expect(map.show([update], now: now) == nil, "known already")
            }
            #expect(map.states().states == inOrder.states().states)
            #expect(map.packedStates().bytes == inOrder.packedStates().bytes)
            #expect(map.counts == inOrder.counts)
            #expect(map.version == inOrder.version)
        }
    }

    @Test("Whoever comes from another process is told what this one learned just before, too")
    func fromElsewhere() {
        var rows = SeatRows()
        let (first, second) = (rows.update(0, .pending), rows.update(1, .pending))
        let here = emptyMap(seatCount: 2, isShared: true)
        let elsewhere = emptyMap(seatCount: 2, isShared: true)
        _ = elsewhere.show([second], now: now)
        _ = here.show([first], now: now)
        #expect(elsewhere.version == here.version, "equal versions of different seats")
        let told = here.changes(since: elsewhere.version, now: now.adding(seconds: 2))
        #expect(told?.flatMap(\.changes) == [SeatChange(ordinal: 0, state: .pending)])
        _ = elsewhere.show([first], now: now)
        #expect(here.changes(since: elsewhere.version, now: now) != nil, "a newer version is no reason to start again")
        #expect(here.changes(since: here.version, now: now.adding(seconds: 60))?.isEmpty == true, "long ago")
    }

    private let now = Timestamp(milliseconds: 1_800_000_000_000)

    // MARK: Proposing

    @Test("The best seats are those nearest the stage, leaving no single seat behind, then the middle")
    func proposals() {
        let map = emptyMap(seatCount: 20, seatsPerRow: 10)
        func best(_ count: Int, avoiding: Set<Int> = []) -> [Int]? {
            map.proposals(grade: 0, count: count, avoiding: avoiding, limit: 1, now: Timestamp(milliseconds: 0)).first
        }
        #expect(best(2) == [4, 5])
        #expect(best(2, avoiding: [4]) == [5, 6])
        #expect(best(2, avoiding: [4, 8]) == [2, 3], "5 and 6 would leave 7 alone")
        #expect(best(10) == Array(0..<10))
        #expect(best(10, avoiding: [0]) == Array(10..<20), "the next row")
        #expect(best(11) == nil, "not around the corner")
        #expect(best(1, avoiding: Set(0..<10).subtracting([3])) == [3], "a single seat goes to who wants one")
    }

    private func emptyMap(seatCount: Int, seatsPerRow: Int = 50, isShared: Bool = false) -> SeatMap {
        let seats = (0..<seatCount).map { number in
            MappedSeat(
                seat: seat(number, .available),
                place: SeatPlace(
                    label: SeatLabel(section: "A", row: String(number / seatsPerRow), number: String(number)), grade: 0,
                    position: number % seatsPerRow, x: 0, y: Double(number / seatsPerRow)))
        }
        let layout = SeatLayout(dateID: .sample(1), grades: [Grade(name: "R", price: Won(1))], seats: seats)
        return SeatMap(layout: layout, seats: seats.map(\.seat), isPublic: true, isShared: isShared)
    }

    private func seat(_ number: Int, _ state: SeatState) -> Seat {
        Seat(
            id: .sample(UInt64(number)), dateID: .sample(1),
            label: SeatLabel(section: "A", row: "1", number: String(number)), grade: 0, state: state)
    }
}

/// Rows of seats whose versions grow as a store's do.
private struct SeatRows {
    private var versions: [Int: Int64] = [:]

    mutating func update(_ number: Int, _ state: SeatState) -> SeatUpdate {
        versions[number, default: 0] += 1
        return SeatUpdate(
            seatID: .sample(UInt64(number)), state: state, heldUntil: nil, version: versions[number, default: 0])
    }
}
