import Domain
import Ports
import Testing

@Suite("Draws are kept")
struct DrawTests {
    @Test("A draw is read as it was kept, and a later one replaces it", arguments: contracts)
    func keep(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (date, _) = try await world.sale()
            let (other, _) = try await world.sale()
            #expect(try await world.store.keptDraw(of: date.id) == nil)
            let first = DrawResult(
                seed: [UInt8](0..<32), firstNumber: 10_000_001, lots: [0, 1, 1 << 63, .max])
            try await world.store.keep(first, of: date.id)
            #expect(try await world.store.keptDraw(of: date.id) == first)
            #expect(try await world.store.keptDraw(of: other.id) == nil)
            var random = SplitMix(seed: 3)
            let second = DrawResult(
                seed: [UInt8](1...32), firstNumber: 20_000_001, lots: (0..<50_000).map { _ in random.next() }.sorted())
            try await world.store.keep(second, of: date.id)
            #expect(try await world.store.keptDraw(of: date.id) == second)
            // One that comes late is older: numbers only grow.
            try await world.store.keep(first, of: date.id)
            #expect(try await world.store.keptDraw(of: date.id) == second)
            // It goes with its date.
            #expect(try await world.store.delete(date.id, action: nil) == nil)
            #expect(try await world.store.keptDraw(of: date.id) == nil)
        }
    }

    @Test("The seed of a date is saved with the date", arguments: contracts)
    func seed(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            var (date, _) = try await world.sale()
            date.drawSeed = [UInt8](repeating: 9, count: 32)
            try await world.store.save(date, event: world.event(.dateChanged, about: ID(date.id)), answer: nil)
            #expect(try await world.store.date(date.id)?.drawSeed == date.drawSeed)
        }
    }
}
