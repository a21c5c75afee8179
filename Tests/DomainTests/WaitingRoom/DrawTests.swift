import Domain
import TestSupport
import Testing

@Suite("The draw")
struct DrawTests {
    /// Not a real hash: it adds the message up, which is enough to see what goes into it.
    private func hash(_ message: [UInt8]) -> Digest {
        var sums: (UInt64, UInt64) = (1, 1)
        for byte in message {
            sums.0 = sums.0 &* 0x100_0000_01B3 ^ UInt64(byte)
            sums.1 = sums.1 &* 31 &+ UInt64(byte)
        }
        return Digest(sums.0, sums.1, 0, UInt64(message.count))
    }

    @Test("The order does not depend on the order in which the fans came")
    func orderOfArrival() {
        let fans = (0..<100).map { UserID.sample($0) }
        let first = Draw.order(fans: fans, seed: [1, 2, 3], date: .sample(1), hash: hash)
        #expect(Set(first) == Set(fans))
        #expect(first != fans)
        #expect(first == Draw.order(fans: fans.reversed(), seed: [1, 2, 3], date: .sample(1), hash: hash))
    }

    @Test("Another seed or another date is another draw")
    func seedAndDate() {
        let fans = (0..<100).map { UserID.sample($0) }
        let first = Draw.order(fans: fans, seed: [1, 2, 3], date: .sample(1), hash: hash)
        #expect(first != Draw.order(fans: fans, seed: [1, 2, 4], date: .sample(1), hash: hash))
        #expect(first != Draw.order(fans: fans, seed: [1, 2, 3], date: .sample(2), hash: hash))
    }

    @Test("A lot is the hash of the seed, the date's 16 bytes and the fan's")
    func message() {
        let date = DateID(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10)
        let fan = UserID(high: 0x1112_1314_1516_1718, low: 0x191A_1B1C_1D1E_1F20)
        let lot = Draw.lot(of: fan, seed: [0], date: date, hash: hash)
        #expect(lot == hash([UInt8](0...0x20)))
    }
}
