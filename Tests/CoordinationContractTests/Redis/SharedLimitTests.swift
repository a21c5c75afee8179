import Domain
import Ports
import Testing

@testable import CoordinationRedis

/// One limit over several processes.
@Suite("Limits that processes share", .enabled(if: !RedisUnderTest.all.isEmpty, "set JARI_TEST_REDIS"))
struct SharedLimitTests {
    private static let processCount = 3

    private let start = Timestamp(milliseconds: 1_800_000_000_000)
    private let key = RateKey(subject: .user(UserID(high: 1, low: 1)), route: "poll")

    private func limiters(of redis: RedisUnderTest) async throws -> [RedisCoordination] {
        let prefix = RedisUnderTest.newPrefix()
        var all: [RedisCoordination] = []
        for _ in 0..<Self.processCount { all.append(try await redis.coordination(prefix: prefix)) }
        return all
    }

    @Test("A small bucket is one for all, to the token", arguments: RedisUnderTest.all)
    func small(redis: RedisUnderTest) async throws {
        let processes = try await limiters(of: redis)
        var taken = 0
        for turn in 0..<90 {
            let limiter = processes[turn % Self.processCount].limiter
            if await limiter.take(key, limit: RateLimit(perSecond: 0.03, burst: 20), now: start) == nil { taken += 1 }
        }
        #expect(taken == 20)
    }

    @Test(
        "Of a large one each process gives out a lump at most that the others do not know of",
        arguments: RedisUnderTest.all)
    func large(redis: RedisUnderTest) async throws {
        let processes = try await limiters(of: redis)
        let limit = RateLimit(perSecond: 1, burst: 100)
        var taken = 0
        for turn in 0..<1_000 {
            let limiter = processes[turn % Self.processCount].limiter
            if await limiter.take(key, limit: limit, now: start) == nil { taken += 1 }
            try await wait(until: "it has learned") { !limiter.isTelling }
        }
        #expect((100...(100 + 10 * Self.processCount)).contains(taken), "\(taken)")
    }

    @Test(
        "Who asks all processes without a pause gets what flows in, not so much from each",
        arguments: RedisUnderTest.all)
    func steady(redis: RedisUnderTest) async throws {
        let processes = try await limiters(of: redis)
        let limit = RateLimit(perSecond: 5, burst: 50)
        var taken = 0
        // Ten minutes of time that is made: a poll every 100 ms at each process in turn, which is twice what flows in,
        // and less than that at each.
        for step in 0..<6_000 {
            let now = start.adding(milliseconds: Int64(step) * 100)
            let limiter = processes[step % Self.processCount].limiter
            if await limiter.take(key, limit: limit, now: now) == nil { taken += 1 }
            try await wait(until: "it has learned") { !limiter.isTelling }
        }
        let allowed = 50 + 5 * 600
        #expect(taken >= allowed - 50 && taken <= allowed + 100, "\(taken) of \(allowed)")
    }
}
