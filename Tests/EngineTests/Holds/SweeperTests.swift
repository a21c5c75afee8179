import Domain
import Engine
import Ports
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
}
