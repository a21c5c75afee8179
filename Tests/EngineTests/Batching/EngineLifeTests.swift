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
        try await run(plan) { world, store async throws in
            let gate = await occupied(world, store)
            let waiting = (0..<4).map { index in
                Task { await world.hold([world.seats[index]], by: world.fans[0]) }
            }
            #expect(await eventually { world.engine.queueLength == 4 })
            #expect(await world.hold([world.seats[9]], by: world.fans[0]).isOverloaded)
            #expect(await world.holdBest(1, by: world.fans[0]).isOverloaded)
            gate.open()
            for task in waiting { #expect(await task.value.heldSeats != nil, "what was taken is done") }
            #expect(await world.hold([world.seats[9]], by: world.fans[0]).heldSeats != nil, "and there is room again")
        }
    }

    @Test("Shutting down finishes what was taken and takes nothing more")
    func shutdown() async throws {
        try await run(World.Plan(rows: 60)) { world, store async throws in
            let gate = await occupied(world, store)
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
            world.clock.advance(milliseconds: 60_000)
            #expect(try await world.store.overdueHolds(limit: 99).count == 50)
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
    private func occupied(_ world: World, _ store: HeldUpStore) async -> Gate {
        let (entered, way) = (Gate(), Gate())
        store.holdUp(entered: entered, way: way)
        Task { await world.charge(1, to: world.fans[3]) }
        await entered.wait()
        return way
    }

    /// A plan whose commits can be held up.
    private func run(
        _ plan: World.Plan = World.Plan(), _ body: (World, HeldUpStore) async throws -> Void
    ) async throws {
        let made = Mutex<HeldUpStore?>(nil)
        var plan = plan
        plan.intercept = { base in
            let store = HeldUpStore(base)
            made.withLock { $0 = store }
            return store
        }
        try await World.run(plan) { world async throws in
            try await body(world, try #require(made.withLock { $0 }))
        }
    }
}
