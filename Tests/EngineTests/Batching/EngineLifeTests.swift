import Domain
import Engine
import Ports
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@Suite("The engine's queue")
struct EngineLifeTests {
    @Test("Commands beyond the queue's capacity are told at once that the engine is overloaded")
    func bounded() async throws {
        var plan = World.Plan()
        plan.queueCapacity = 4
        try await World.run(plan) { world async throws in
            let gate = await occupied(world)
            let waiting = (0..<4).map { index in
                Task { await world.hold([world.seats[index]], by: world.fans[0]) }
            }
            #expect(await eventually { world.engine.queueLength == 4 })
            #expect(await world.hold([world.seats[9]], by: world.fans[0]).isOverloaded)
            #expect(await world.engine.alone { true } == nil)
            #expect(await world.holdBest(1, by: world.fans[0]).isOverloaded)
            gate.open()
            for task in waiting { #expect(await task.value.heldSeats != nil, "what was taken is done") }
            #expect(await world.hold([world.seats[9]], by: world.fans[0]).heldSeats != nil, "and there is room again")
        }
    }

    @Test("Shutting down finishes what was taken and takes nothing more")
    func shutdown() async throws {
        try await World.run(World.Plan(rows: 60)) { world async throws in
            let gate = await occupied(world)
            let taken = world.seats.map { seat in
                Task { await world.hold([seat], by: world.fans[0]) }
            }
            #expect(await eventually { world.engine.queueLength == 600 }, "more than one batch")
            await world.group.triggerGracefulShutdown()
            #expect(await isClosed(world), "the engine takes nothing any more")
            gate.open()
            var held = 0
            for task in taken {
                switch await task.value {
                case .done: held += 1
                case .refused(.tooManySeats(max: 50)): break
                case let other: Issue.record("a command that was taken came to \(other)")
                }
            }
            #expect(held == 50)
            #expect(await world.charge(1, to: world.fans[0]).isOverloaded)
            #expect(await world.engine.alone { true } == nil)
            #expect(
                try await world.store.overdueHolds(at: world.clock.now().adding(seconds: 60), limit: 99).count == 50)
        }
    }

    @Test("What runs alone runs beside no batch, and in turn with them", arguments: [1, 2, 3])
    func alone(laneCount: Int) async throws {
        try await World.run(World.Plan(laneCount: laneCount)) { world async throws in
            let gate = await occupied(world)
            let first = Task { await world.hold([world.seats[0]], by: world.fans[0]) }
            #expect(await eventually { world.engine.queueLength == 1 })
            let between = Task {
                await world.engine.alone { try? await world.store.seats(of: world.date).prefix(2).map(\.seat.state) }
            }
            #expect(await eventually { world.engine.queueLength == 1 + laneCount })
            let second = Task { await world.hold([world.seats[1]], by: world.fans[0]) }
            #expect(await eventually { world.engine.queueLength == 2 + laneCount })
            gate.open()
            #expect(await between.value == [.pending, .available])
            #expect(await first.value.heldSeats != nil)
            #expect(await second.value.heldSeats != nil)
        }
    }

    @Test("Many things that run alone, and batches on several lanes, all come to an end and never overlap")
    func aloneOnLanes() async throws {
        try await World.run(World.Plan(fanCount: 40, laneCount: 3)) { world async throws in
            let room = Room()
            await withTaskGroup(of: Void.self) { group in
                for (index, fan) in world.fans.enumerated() {
                    group.addTask { #expect(await world.hold([world.seats[index]], by: fan).heldSeats != nil) }
                    group.addTask { await world.engine.alone { await room.visit() } }
                }
            }
            #expect(room.visitCount == 40)
            #expect(room.crowdMax == 1)
        }
    }

    /// Waits until the engine takes no more. Its probes are not waited for: one that is still taken is answered only
    /// after the gate has opened.
    private func isClosed(_ world: World) async -> Bool {
        let flag = Flag()
        return await eventually {
            probe(world, raising: flag)
            return flag.isRaised
        }
    }

    private func probe(_ world: World, raising flag: Flag) {
        Task { if await world.charge(1, to: world.fans[1]).isOverloaded { flag.raise() } }
    }

    /// Keeps the engine's loop busy until the gate is opened.
    private func occupied(_ world: World) async -> Gate {
        let gate = Gate()
        let entered = Gate()
        Task {
            await world.engine.alone {
                entered.open()
                await gate.wait()
            }
        }
        await entered.wait()
        return gate
    }
}

/// Counts who is inside at the same time.
private final class Room: Sendable {
    private let counts = Mutex((inside: 0, crowdMax: 0, visits: 0))

    var visitCount: Int { counts.withLock { $0.visits } }
    var crowdMax: Int { counts.withLock { $0.crowdMax } }

    func visit() async {
        counts.withLock { counts in
            counts.inside += 1
            counts.visits += 1
            counts.crowdMax = max(counts.crowdMax, counts.inside)
        }
        await Task.yield()
        counts.withLock { $0.inside -= 1 }
    }
}
