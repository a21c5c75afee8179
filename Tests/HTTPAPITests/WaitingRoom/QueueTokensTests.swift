import Domain
import Testing

@testable import HTTPAPI

@Suite("Queue tokens")
struct QueueTokensTests {
    private static let old = [UInt8](repeating: 1, count: 32)
    private static let new = [UInt8](repeating: 2, count: 32)
    private let now = Timestamp(milliseconds: 1_795_392_000_000)
    private let tokens = QueueTokens(secrets: [old])

    private var place: QueueToken {
        QueueToken(
            dateID: DateID(high: 1, low: 2), userID: UserID(high: 3, low: 4), number: 1_837,
            activeUntil: now.adding(seconds: 60), issuedAt: now)
    }

    private func text(_ token: QueueToken, by issuer: QueueTokens) -> String {
        String(decoding: issuer.issue(token), as: UTF8.self)
    }

    @Test("A token says who waits where, with which number")
    func roundTrip() {
        for number in [0, 1, 1_837, Int64.max] {
            let token = QueueToken(
                dateID: place.dateID, userID: place.userID, number: number, activeUntil: nil, issuedAt: now)
            #expect(tokens.read(text(token, by: tokens), now: now) == token)
        }
    }

    @Test("No other text is read: each of its characters counts")
    func forged() {
        let good = Array(text(place, by: tokens))
        for index in good.indices {
            for other in ["A", "B", "_", "g"] where String(good[index]) != other {
                var forged = good
                forged[index] = Character(other)
                #expect(tokens.read(String(forged), now: now) == nil, "character \(index) as \(other)")
            }
            #expect(tokens.read(String(good[..<index]), now: now) == nil, "cut to \(index)")
        }
        for suffix in ["A", "AA", "=", " "] { #expect(tokens.read(String(good) + suffix, now: now) == nil) }
        #expect(tokens.read("", now: now) == nil)
    }

    @Test("A token of another key is none")
    func otherKey() {
        #expect(tokens.read(text(place, by: QueueTokens(secrets: [Self.new])), now: now) == nil)
    }

    @Test("After a change of keys the old tokens are good, and new ones are signed by the new key")
    func ring() {
        let ring = QueueTokens(secrets: [Self.new, Self.old])
        #expect(ring.read(text(place, by: tokens), now: now) == place)
        let renewed = text(place, by: ring)
        #expect(tokens.read(renewed, now: now) == nil)
        #expect(QueueTokens(secrets: [Self.new]).read(renewed, now: now) == place)
    }

    @Test("A token is good for less than 48 hours")
    func lifetime() {
        let token = text(place, by: tokens)
        let twoDaysMs: Int64 = 48 * 3_600 * 1_000
        #expect(tokens.read(token, now: now.adding(milliseconds: twoDaysMs - 1)) == place)
        #expect(tokens.read(token, now: now.adding(milliseconds: twoDaysMs)) == nil)
    }
}
