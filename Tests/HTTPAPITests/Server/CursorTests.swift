import Domain
import TestSupport
import Testing

@testable import HTTPAPI

@Suite("Cursors")
struct CursorTests {
    @Test("A cursor leads back to its id")
    func roundTrip() {
        var random = SeededRandom(seed: 1)
        for _ in 0..<500 {
            let id = UserID(high: random.next(), low: random.next())
            #expect(Cursor.decode(Cursor.encode(id), as: User.self) == id)
        }
        for id in [UserID(high: 0, low: 0), UserID(high: .max, low: .max)] {
            #expect(Cursor.decode(Cursor.encode(id), as: User.self) == id)
        }
    }

    @Test(
        "What this server did not make is none",
        arguments: [
            "", "p1", "p2" + String(repeating: "0", count: 32), "p1" + String(repeating: "0", count: 31),
            "p1" + String(repeating: "0", count: 33), "p1" + String(repeating: "g", count: 32),
            "p1+" + String(repeating: "0", count: 31), "p1" + String(repeating: "0", count: 16) + "-000000000000000",
            "p1" + String(repeating: "A", count: 32), "p1" + String(repeating: "가", count: 32),
            "01a20810-0f80-7000-a4d3-25160c5c7fd0",
        ])
    func foreign(text: String) {
        #expect(Cursor.decode(text, as: User.self) == nil)
    }
}
