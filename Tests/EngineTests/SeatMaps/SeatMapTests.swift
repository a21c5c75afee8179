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
            func expect(_ state: SeatState, available: Int) {
                #expect(map.states().states[3] == state)
                #expect(map.packedStates().bytes[0] == state.mapCode << 6)
                #expect(map.counts == SeatCounts(total: 100, available: available))
                versions.append(map.version)
            }
            let reservation = try await world.held([world.seats[3]], by: world.fans[0])
            expect(.pending, available: 99)
            _ = await world.charge(World.price.amount, to: world.fans[0])
            guard case .paid(let payment, _, _) = await world.pay(reservation, by: world.fans[0]).receipt else {
                Issue.record("not paid")
                return
            }
            expect(.paid, available: 99)
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
            #expect(map.states().states[3] == .pending)
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
            guard case .seats(let version, let changes) = await notices.next() else {
                Issue.record("not told")
                return
            }
            #expect(version == before + 1 && version == map.version)
            #expect(changes == [SeatChange(ordinal: 3, state: .pending)])
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
        var random = SeededRandom(seed: 8)
        var copies: [(version: Int64, states: [SeatState])] = [map.states()]
        for _ in 0..<200 {
            let number = Int.random(in: 0..<50, using: &random)
            let states: [SeatState] = [.available, .pending, .paid]
            _ = map.show([seat(number, random.pick(from: states) ?? .paid)])
            copies.append(map.states())
        }
        for copy in copies {
            guard let missed = map.changes(since: copy.version) else {
                Issue.record("version \(copy.version) is not known any more")
                continue
            }
            var states = copy.states
            for (_, changes) in missed {
                for change in changes { states[change.ordinal] = change.state }
            }
            #expect(states == map.states().states)
            #expect(missed.map(\.version) == missed.map(\.version).sorted())
            #expect((missed.last?.version ?? copy.version) == map.version)
        }
    }

    @Test("Changes of too long ago, or of another map, are nil: fetch the map again")
    func tooOld() {
        let map = emptyMap(seatCount: 2)
        let first = map.version
        #expect(map.changes(since: first)?.isEmpty == true)
        #expect(map.changes(since: first - 1) == nil)
        #expect(map.changes(since: first + 1) == nil)
        for index in 0..<2_048 { _ = map.show([seat(0, index % 2 == 0 ? .pending : .available)]) }
        #expect(map.changes(since: first)?.count == 2_048)
        _ = map.show([seat(0, .pending)])
        #expect(map.changes(since: first) == nil)
        #expect(map.changes(since: map.version - 1)?.count == 1)
        #expect(map.changes(since: map.version)?.isEmpty == true)
        #expect(map.changes(since: map.version + 1) == nil)
    }

    @Test("What looks the same as before is no change")
    func noChange() {
        let map = emptyMap(seatCount: 2)
        let version = map.version
        #expect(map.show([seat(0, .available)]) == nil)
        #expect(map.show([seat(77, .paid)]) == nil, "a seat of another map")
        #expect(map.version == version)
    }

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

    private func emptyMap(seatCount: Int, seatsPerRow: Int = 50) -> SeatMap {
        let seats = (0..<seatCount).map { number in
            MappedSeat(
                seat: seat(number, .available),
                place: SeatPlace(
                    label: SeatLabel(section: "A", row: String(number / seatsPerRow), number: String(number)), grade: 0,
                    position: number % seatsPerRow, x: 0, y: Double(number / seatsPerRow)))
        }
        let layout = SeatLayout(dateID: .sample(1), grades: [Grade(name: "R", price: Won(1))], seats: seats)
        return SeatMap(layout: layout, seats: seats.map(\.seat), isPublic: true, version: 1_000)
    }

    private func seat(_ number: Int, _ state: SeatState) -> Seat {
        Seat(
            id: .sample(UInt64(number)), dateID: .sample(1),
            label: SeatLabel(section: "A", row: "1", number: String(number)), grade: 0, state: state)
    }
}
