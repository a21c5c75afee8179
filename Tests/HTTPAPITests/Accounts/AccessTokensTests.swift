import CoordinationInProcess
import Domain
import TestSupport
import Testing

@testable import HTTPAPI

@Suite("Access tokens")
struct AccessTokensTests {
    private let now = Timestamp(milliseconds: 1_800_000_000_000)

    @Test("A good token is verified once, a wrong one each time, and both are counted before anything is said of them")
    func counted() async throws {
        let tokens = await AccessTokens(secrets: [[UInt8](repeating: 7, count: 32)])
        let user = User(
            id: UserID(high: 1, low: 2), email: "kim@example.com", name: "Kim", role: .fan, createdAt: now)
        let good = try await tokens.issue(for: user, session: ID<Session>(high: 3, low: 4), now: now)
        var counted = 0
        for _ in 0..<3 {
            let identity = try await tokens.identity(good[...], now: now) { counted += 1 }
            #expect(identity?.userID == user.id)
        }
        #expect(counted == 1)
        for wrong in [good + "x", "nonsense", String(repeating: "a", count: 5_000)] {
            #expect(try await tokens.identity(wrong[...], now: now) { counted += 1 } == nil)
        }
        #expect(counted == 4)
        // Past the limit a token that was not seen before is refused, whether it is good or not.
        let other = try await tokens.issue(for: user, session: ID<Session>(high: 5, low: 6), now: now)
        await #expect(throws: Problem.self) {
            _ = try await tokens.identity(other[...], now: now) { throw Problem.tooManyRequests(retryAfterMs: 1) }
        }
        #expect(try await tokens.identity(good[...], now: now) { throw Problem.overloaded } != nil)
    }
}
