import Domain
import TestSupport
import Testing

@Suite("What a draw came to")
struct DrawResultTests {
    @Test("A lot's number is its place in the order, and a lot that was not drawn has none")
    func number() {
        let draw = DrawResult(seed: [1], firstNumber: 7, lots: [3, 10, 1 << 63, .max])
        for (index, lot) in draw.lots.enumerated() {
            #expect(draw.number(of: .sample(lot, 99)) == Int64(7 + index))
        }
        for lot: UInt64 in [0, 4, 11, .max - 1] { #expect(draw.number(of: .sample(lot)) == nil) }
        #expect(DrawResult(seed: [1], firstNumber: 7, lots: []).number(of: .sample(3)) == nil)
    }
}
