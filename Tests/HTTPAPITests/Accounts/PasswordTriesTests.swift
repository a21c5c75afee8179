import CoordinationInProcess
import Domain
import TestSupport
import Testing

@testable import HTTPAPI

@Suite("Tries at passwords")
struct PasswordTriesTests {
    private let clock = SimulatedClock()

    private func tries(factor: Double = 1) async -> PasswordTries {
        let tokens = await AccessTokens(secrets: [[UInt8](repeating: 7, count: 32)])
        return PasswordTries(
            access: Access(
                tokens: tokens, limiter: InProcessRateLimiter(), limits: RateLimits(factor: factor), clock: clock))
    }

    /// How many of 100 tries are let through.
    private func taken(_ tries: PasswordTries, _ email: String, from address: (Int) -> String) async -> Int {
        var count = 0
        for number in 0..<100 {
            do {
                try await tries.take(email, from: address(number))
                count += 1
            } catch {
                #expect((error as? Problem)?.code == .tooManyRequests)
            }
        }
        return count
    }

    @Test("A hundred addresses have no more tries at one account than one")
    func botnet() async {
        let tries = await tries()
        #expect(await taken(tries, "kim@example.com") { "192.0.2.\($0)" } == 20)
        #expect(await taken(tries, "lee@example.com") { _ in "192.0.2.1" } == 20)
        clock.advance(milliseconds: 60_000)
        #expect(await taken(tries, "kim@example.com") { "192.0.2.\($0)" } == 2)
    }

    @Test("A flood does not lock the owner out where they logged in before")
    func owner() async throws {
        let tries = await tries()
        tries.wasRight("kim@example.com", from: "198.51.100.1")
        _ = await taken(tries, "kim@example.com") { "192.0.2.\($0)" }
        try await tries.take("kim@example.com", from: "198.51.100.1")
        // Even there tries are bounded, and being known for one account is of no use for another.
        #expect(await taken(tries, "kim@example.com") { _ in "198.51.100.1" } == 19)
        _ = await taken(tries, "lee@example.com") { "192.0.2.\($0)" }
        #expect(await taken(tries, "lee@example.com") { _ in "198.51.100.1" } == 0)
    }

    @Test("Limits that are scaled down to a thousandth still let somebody through")
    func scaled() async {
        #expect(await taken(tries(factor: 0.001), "kim@example.com") { _ in "192.0.2.1" } == 1)
        #expect(await taken(tries(factor: 0), "kim@example.com") { _ in "192.0.2.1" } == 100)
    }
}
