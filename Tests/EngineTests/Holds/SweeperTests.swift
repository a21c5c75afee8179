import CoordinationInProcess
import Domain
import Engine
import Logging
import Ports
import Synchronization
import TestSupport
import Testing

@Suite("The sweeper tidies up")
struct SweeperTests {
    @Test("What consumers have seen is forgotten after seven days, and not before")
    func consumedEvents() async throws {
        var plan = World.Plan()
        plan.hasSweeper = true
        try await World.run(plan) { world async throws in
            let ids = IDMint(random: SeededRandom(seed: 1))
            func event() -> Event {
                Event(
                    id: ids.next(at: world.clock.now()), kind: .reservationPaid, subjectID: .sample(1), version: 1,
                    dateID: world.date, userID: nil, amount: .zero, seats: [], at: world.clock.now())
            }
            /// Counts an event, and gives the count of all that were new.
            func add(_ event: Event, in grade: Int) async throws -> Int? {
                try await world.store.add([event]) { fresh in
                    let sold = SalesFigures.Grade(grade: grade, sold: fresh.count)
                    return [SalesDelta(dateID: world.date, figures: SalesFigures(grades: [sold], minutes: []))]
                }
                let figures = try await world.store.figures(of: world.date, since: world.clock.now())
                return figures.grades.first { $0.grade == grade }?.sold
            }
            let old = event()
            #expect(try await add(old, in: 0) == 1)
            world.clock.advance(milliseconds: 1_000)
            let young = event()
            #expect(try await add(young, in: 1) == 1)
            world.clock.set(to: young.at.adding(seconds: ConsumedEvents.keptSeconds))
            // Once the old one is forgotten it counts again. The young one is seven days old, not more.
            let isForgotten = try await eventually { try await add(old, in: 0) == 2 }
            #expect(isForgotten)
            #expect(try await add(young, in: 1) == 1)
        }
    }

    @Test("A process whose clock is days ahead forgets no answer that the store's clock still counts")
    func clockAhead() async throws {
        try await World.run { world async throws in
            let answer = StoredAnswer(
                scope: .sample(1), requestHash: .sample(2), status: 201, body: [], createdAt: world.clock.now())
            var keys = RowKeys()
            keys.answers = [answer.scope]
            try await world.store.commit(keys) { rows, _ in rows.remember(answer) }

            let looks = Mutex(0)
            let store = ComposedStore(
                sales: WatchedStore(base: world.store) { looks.withLock { $0 += 1 } }, base: world.store)
            let ahead = SimulatedClock(at: world.clock.now().adding(seconds: 3 * 24 * 3600))
            let sweeper = Sweeper(
                engine: world.engine, store: store, leases: InProcessLeases(), clock: ahead,
                logger: Logger(label: "jari.tests"))
            let running = Task { try await sweeper.run() }
            let hasForgotten = await eventually { looks.withLock { $0 } > 0 }
            #expect(hasForgotten)
            running.cancel()
            try await running.value
            #expect(try await world.store.answer(answer.scope) == answer)
        }
    }
}

/// Tells when old answers were forgotten.
private struct WatchedStore: SalesStore {
    let base: any SalesStore
    let hasForgotten: @Sendable () -> Void

    func commit<Result: Sendable>(
        _ keys: RowKeys, decide: @Sendable @escaping (inout Rows, Timestamp) -> Result
    ) async throws(Fault) -> Result {
        try await base.commit(keys, decide: decide)
    }

    func overdueHolds(limit: Int) async throws(Fault) -> [ExpireHold] {
        try await base.overdueHolds(limit: limit)
    }

    func forgetAnswers(olderThanSeconds seconds: Int, limit: Int) async throws(Fault) -> Int {
        let count = try await base.forgetAnswers(olderThanSeconds: seconds, limit: limit)
        hasForgotten()
        return count
    }
}
