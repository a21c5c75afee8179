import Domain
import TestSupport
import Testing

@Suite("Ids")
struct IDTests {
    private enum Thing {}

    @Test("An id is read back from its text, in either case, and from its bytes")
    func roundTrip() {
        var random = SeededRandom(seed: 6)
        for _ in 0..<1_000 {
            let id = ID<Thing>(high: random.next(), low: random.next())
            #expect(id.description.utf8.count == 36)
            #expect(ID<Thing>(id.description) == id)
            #expect(ID<Thing>(id.description.uppercased()) == id)
            #expect(id.withBytes { ID<Thing>(bytes: $0) } == id)
        }
    }

    @Test("The text is that of RFC 9562, most significant digit first")
    func knownText() {
        let id = ID<Thing>(high: 0x017F_22E2_79B0_7CC3, low: 0x98C4_DC0C_0C07_398F)
        #expect(id.description == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
        #expect(id.withBytes { Array($0.prefix(3)) } == [0x01, 0x7F, 0x22])
    }

    @Test("Ids, their texts and their bytes have one order")
    func order() {
        var random = SeededRandom(seed: 7)
        for _ in 0..<1_000 {
            let left = ID<Thing>(high: random.next() & 3, low: random.next())
            let right = ID<Thing>(high: random.next() & 3, low: random.next())
            #expect((left < right) == (left.description < right.description))
            let bytes = (left.withBytes(Array.init), right.withBytes(Array.init))
            #expect((left < right) == bytes.0.lexicographicallyPrecedes(bytes.1))
        }
    }

    @Test(
        "What is no id is nil",
        arguments: [
            "", "017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e2-79b0-7cc3-98c4-dc0c0c07398ff",
            "017f22e279b07cc398c4dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
            "017f22e2_79b0-7cc3-98c4-dc0c0c07398f", "017f22e2-79b0-7cc3-98c4dc-0c0c07398f",
            "{17f22e2-79b0-7cc3-98c4-dc0c0c07398}",
        ])
    func malformed(text: String) {
        #expect(ID<Thing>(text) == nil)
    }

    @Test("A digest is read back from its 32 bytes, and no other count is one")
    func digest() {
        let digest = Digest(0x0102_0304_0506_0708, 2, 3, .max)
        #expect(digest.withBytes { Digest(bytes: $0) } == digest)
        #expect(digest.withBytes { Array($0.prefix(2)) } == [1, 2])
        #expect([UInt8](repeating: 0, count: 31).withUnsafeBytes { Digest(bytes: $0) } == nil)
        #expect(Digest(1, 9, 9, 9) < Digest(2, 0, 0, 0))
    }
}
