import Domain
import TestSupport
import Testing

@Suite("Making ids")
struct IDSourceTests {
    private enum Thing {}

    private func ids(_ count: Int, from source: inout IDSource, at now: Timestamp) -> [ID<Thing>] {
        (0..<count).map { _ in source.next(at: now) }
    }

    @Test("An id is a UUID of version 7 that begins with its millisecond")
    func version7() {
        var source = IDSource(random: SeededRandom(seed: 1))
        let id: ID<Thing> = source.next(at: Timestamp(milliseconds: 0x017F_22E2_79B0))
        #expect(id.description.hasPrefix("017f22e2-79b0-7"))
        #expect(id.low >> 62 == 0b10, "the variant of RFC 9562")
    }

    @Test("Ids of one millisecond grow, more of them than the counter counts too")
    func monotone() {
        var source = IDSource(random: SeededRandom(seed: 2))
        let made = ids(10_000, from: &source, at: PureSale.noon)
        #expect(zip(made, made.dropFirst()).allSatisfy { $0 < $1 })
        let next = ids(1, from: &source, at: PureSale.noon.adding(milliseconds: 1))
        #expect(made[9_999] < next[0])
        #expect(made.allSatisfy { $0.high & 0xF000 == 0x7000 }, "the counter never reaches the version")
    }

    @Test("Ids go on growing when the clock steps back")
    func clockStepsBack() {
        var source = IDSource(random: SeededRandom(seed: 3))
        var made = ids(3, from: &source, at: PureSale.noon)
        made += ids(5_000, from: &source, at: PureSale.noon.adding(milliseconds: -900))
        made += ids(3, from: &source, at: PureSale.noon.adding(milliseconds: 10))
        #expect(zip(made, made.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test("The same seed makes the same ids and secrets, another seed others")
    func seeded() {
        var first = IDSource(random: SeededRandom(seed: 4))
        var same = IDSource(random: SeededRandom(seed: 4))
        var other = IDSource(random: SeededRandom(seed: 5))
        let made = ids(100, from: &first, at: PureSale.noon)
        #expect(made == ids(100, from: &same, at: PureSale.noon))
        #expect(made != ids(100, from: &other, at: PureSale.noon))
        #expect(first.nextSecret() == same.nextSecret())
    }
}
