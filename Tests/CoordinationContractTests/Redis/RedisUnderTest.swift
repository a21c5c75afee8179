import CoordinationRedis
import Foundation
import Logging
import Ports

/// The Redis servers that the run is told to test against. One that is named and cannot be reached fails the tests.
struct RedisUnderTest: Sendable {
    let name: String
    let url: String

    static let all: [RedisUnderTest] = [
        ("Redis", "JARI_TEST_REDIS"), ("Redis behind sentinels", "JARI_TEST_REDIS_SENTINEL"),
        ("Redis as a cluster", "JARI_TEST_REDIS_CLUSTER"),
    ].compactMap { name, key in
        ProcessInfo.processInfo.environment[key].map { RedisUnderTest(name: name, url: $0) }
    }

    /// A prefix that no other test uses, so that tests do not meet in one server.
    static func newPrefix() -> String { "test-\(UInt64.random(in: 0 ... .max))" }

    /// - Parameters:
    ///   - prefix: The same for two that are to share everything, as two processes do.
    ///   - joins: Where places are remembered; nil for a store of its own.
    ///   - hintLimitMs: Longer than a sale waits: whoever compares all answers wants all of them.
    func coordination(
        prefix: String = newPrefix(), joins: (any QueueJoinStore)? = nil,
        clock: RedisWaitingRoom.Clock = .callers, hintLimitMs: Int = 10_000, noticesBufferedMax: Int = 256
    ) async throws -> RedisCoordination {
        let coordination = try RedisCoordination(
            url: RedisURL(url), joins: joins ?? RememberedJoins(), prefix: prefix, clock: clock,
            hintLimitMs: hintLimitMs, noticesBufferedMax: noticesBufferedMax, logger: Logger(label: "test"))
        try await coordination.waitUntilThere()
        return coordination
    }
}

extension RedisCoordination {
    /// Waits until Redis answers, at most for a while.
    func waitUntilThere(within limit: Duration = .seconds(20)) async throws {
        let start = ContinuousClock.now
        while true {
            do throws(Fault) {
                return try await check()
            } catch {
                if ContinuousClock.now - start > limit { throw error }
                try await Task.sleep(for: .milliseconds(10))
            }
        }
    }
}
