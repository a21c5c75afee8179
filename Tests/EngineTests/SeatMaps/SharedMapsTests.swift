import Domain
import Engine
import Ports
import TestSupport
import Testing

@Suite("Seat maps of several processes")
struct SharedMapsTests {
    @Test("After a rush the maps of all processes equal the store, and each other's versions")
    func converge() async throws {
        let plan = World.Plan(fanCount: 300, engineCount: 3, news: NewsHub())
        try await World.run(plan) { world async throws in
            try await loadMaps(of: world)
            await rush(in: world)
            try await expectEqualMaps(in: world)
        }
    }

    @Test("What a process changes without ever having shown the date, the others show")
    func unloaded() async throws {
        let plan = World.Plan(engineCount: 2, news: NewsHub())
        try await World.run(plan) { world async throws in
            let map = try #require(try await world.engines[1].seatMap(of: world.date))
            _ = await world.hold([world.seats[5]], by: world.fans[0], at: 0)
            #expect(await eventually { map.states().states[5] == .pending })
        }
    }

    @Test("News that were lost are made up for, once it is known that some were")
    func missed() async throws {
        let hub = NewsHub()
        let plan = World.Plan(fanCount: 300, engineCount: 3, news: hub)
        try await World.run(plan) { world async throws in
            try await loadMaps(of: world)
            hub.startLosing()
            await rush(in: world)
            let maps = try await maps(of: world)
            #expect(Set(maps.map(\.version)).count > 1, "nothing was lost: this test shows nothing")
            hub.stopLosing()
            try await expectEqualMaps(in: world)
        }
    }

    @Test("A map that is loaded while seats change misses none of it")
    func loadedMeanwhile() async throws {
        for _ in 0..<20 {
            let plan = World.Plan(rows: 4, fanCount: 40, engineCount: 2, news: NewsHub())
            try await World.run(plan) { world async throws in
                async let rushing: Void = rush(in: world)
                async let loading: Void = loadMaps(of: world)
                _ = try await (rushing, loading)
                try await expectEqualMaps(in: world)
            }
        }
    }

    @Test("What became of a commit, when nobody could tell, all processes show, and no map is thrown away for it")
    func unknownOutcome() async throws {
        let faulty = Slot<FaultyStore>()
        var plan = World.Plan(engineCount: 2, news: NewsHub())
        plan.intercept = { faulty.fill(with: FaultyStore($0, [])) }
        try await World.run(plan) { world async throws in
            try await loadMaps(of: world)
            let before = try await maps(of: world)
            faulty.value?.inject([.unknownAfterCommit])
            #expect(await world.hold([world.seats[3]], by: world.fans[0], key: .sample(1)).heldSeats != nil)
            for map in before { #expect(await eventually { map.states().states[3] == .pending }) }
            for (map, now) in zip(before, try await maps(of: world)) { #expect(map === now) }
        }
    }

    @Test("Best seats are found though others were sold by a process of which nothing is heard")
    func bestWithoutNews() async throws {
        let plan = World.Plan(fanCount: 3, engineCount: 2)
        try await World.run(plan) { world async throws in
            try await loadMaps(of: world)
            for row in 0..<9 {
                let seats = Array(world.seats[row * 10..<row * 10 + 10])
                #expect(await world.hold(seats, by: world.fans[row % 2], at: 0).heldSeats != nil)
            }
            let held = await world.holdBest(2, by: world.fans[2], at: 1).heldSeats
            #expect(held?.allSatisfy { world.seats[90...].contains($0) } == true)
        }
    }

    @Test("A concert that was published while news were lost is shown by all, once it is known that some were")
    func publishedUnheard() async throws {
        let hub = NewsHub()
        try await DoorWorld.run(World.Plan(engineCount: 2, news: hub)) { door async throws in
            let world = door.world
            try await door.publish(as: .draft)
            try await loadMaps(of: world)
            #expect(try await maps(of: world).allSatisfy { !$0.isPublic })
            hub.startLosing()
            try await door.publish(as: .published)
            hub.stopLosing()
            for engine in world.engines {
                #expect(try await eventually { try await engine.seatMap(of: world.date)?.isPublic == true })
            }
        }
    }

    private func loadMaps(of world: World) async throws {
        for engine in world.engines { _ = try await engine.seatMap(of: world.date) }
    }

    private func maps(of world: World) async throws -> [SeatMap] {
        var maps: [SeatMap] = []
        for engine in world.engines { maps.append(try #require(try await engine.seatMap(of: world.date))) }
        return maps
    }

    /// Every fan holds a seat at some engine; every third gives it back at another.
    private func rush(in world: World) async {
        await withTaskGroup(of: Void.self) { group in
            for (index, fan) in world.fans.enumerated() {
                group.addTask {
                    let seat = world.seats[index * 7 % world.seats.count]
                    let count = world.engines.count
                    let answer = await world.hold([seat], by: fan, at: index % count)
                    guard case .held(let hold, _, _, _) = answer.receipt, index % 3 == 0 else { return }
                    _ = await world.release(hold, by: fan, at: (index + 1) % count)
                }
            }
        }
    }

    private func expectEqualMaps(in world: World) async throws {
        let rows = try await world.seatRows()
        let expected = world.seats.map { rows[$0]?.state }
        for map in try await maps(of: world) {
            #expect(await eventually { map.states().states == expected })
            #expect(map.packedStates().bytes == (try await maps(of: world))[0].packedStates().bytes)
        }
        let maps = try await maps(of: world)
        #expect(await eventually { Set(maps.map(\.version)).count == 1 })
    }
}
