import CoordinationInProcess
import CoordinationRedis
import Domain
import Ports
import Testing

/// A driver of the rate limiter, and how to make one.
struct RateLimiterDriver: Sendable, CustomTestStringConvertible {
    let name: String
    /// How long a time is played through: a driver that asks a server is slower.
    var minutes: Int64 = 60
    let make: @Sendable () async throws -> any RateLimiter

    var testDescription: String { name }

    static let all =
        [RateLimiterDriver(name: "in process") { InProcessRateLimiter() }]
        + RedisUnderTest.all.map { redis in
            RateLimiterDriver(name: redis.name, minutes: 2) { try await redis.coordination().limiter }
        }
}

@Suite("Every rate limiter")
struct RateLimiterContractTests {
    private let start = Timestamp(milliseconds: 1_800_000_000_000)
    private let key = RateKey(subject: .address("203.0.113.7"), route: "login")

    @Test("A burst goes through, then one token each time that one has flowed in", arguments: RateLimiterDriver.all)
    func burst(driver: RateLimiterDriver) async throws {
        let limiter = try await driver.make()
        let limit = RateLimit(perSecond: 4, burst: 3)
        for _ in 0..<3 { #expect(await limiter.take(key, limit: limit, now: start) == nil) }
        #expect(await limiter.take(key, limit: limit, now: start) == 250)
        #expect(await limiter.take(key, limit: limit, now: start.adding(milliseconds: 249)) == 1)
        #expect(await limiter.take(key, limit: limit, now: start.adding(milliseconds: 250)) == nil)
        #expect(await limiter.take(key, limit: limit, now: start.adding(milliseconds: 250)) == 250)
        // An hour later it holds a burst again, and no more.
        let later = start.adding(seconds: 3600)
        for _ in 0..<3 { #expect(await limiter.take(key, limit: limit, now: later) == nil) }
        #expect(await limiter.take(key, limit: limit, now: later) == 250)
    }

    @Test(
        "Over a long time of steady asking exactly the burst and the flow go through", arguments: RateLimiterDriver.all,
        [
            RateLimit(perSecond: 3, burst: 5), RateLimit(perSecond: 0.5, burst: 1),
            RateLimit(perSecond: 7.3, burst: 20),
            RateLimit(perSecond: 5, burst: 50),
        ])
    func flow(driver: RateLimiterDriver, limit: RateLimit) async throws {
        let limiter = try await driver.make()
        var taken = 0
        let stepMs: Int64 = 40
        for step in 0...(driver.minutes * 60_000 / stepMs) {
            if await limiter.take(key, limit: limit, now: start.adding(milliseconds: step * stepMs)) == nil {
                taken += 1
            }
        }
        let expected = limit.burst + limit.perSecond * 60 * Double(driver.minutes)
        #expect(abs(Double(taken) - expected) <= 1, "\(taken) instead of \(expected)")
    }

    @Test("What it says to wait is enough, and a millisecond less is not", arguments: RateLimiterDriver.all)
    func waiting(driver: RateLimiterDriver) async throws {
        let limiter = try await driver.make()
        let limit = RateLimit(perSecond: 3, burst: 2)
        var random = SplitMix(seed: 11)
        var now = start
        for _ in 0..<2_000 {
            now = now.adding(milliseconds: .random(in: 0...300, using: &random))
            guard let wait = await limiter.take(key, limit: limit, now: now) else { continue }
            #expect(await limiter.take(key, limit: limit, now: now.adding(milliseconds: Int64(wait) - 1)) != nil)
            now = now.adding(milliseconds: Int64(wait))
            #expect(await limiter.take(key, limit: limit, now: now) == nil)
        }
    }

    @Test("Users, addresses and routes each have a bucket of their own", arguments: RateLimiterDriver.all)
    func apart(driver: RateLimiterDriver) async throws {
        let limiter = try await driver.make()
        let limit = RateLimit(perSecond: 1, burst: 1)
        let user = UserID(high: 1, low: 2)
        let keys = [
            key, RateKey(subject: .address("203.0.113.8"), route: "login"),
            RateKey(subject: .address("203.0.113.7"), route: "read"), RateKey(subject: .user(user), route: "login"),
        ]
        for key in keys { #expect(await limiter.take(key, limit: limit, now: start) == nil) }
        for key in keys { #expect(await limiter.take(key, limit: limit, now: start) == 1_000) }
    }

    @Test(
        "Of many concurrent callers exactly a burst goes through", arguments: RateLimiterDriver.all, [40.0, 80.0])
    func concurrent(driver: RateLimiterDriver, burst: Double) async throws {
        let limiter = try await driver.make()
        let (key, start) = (key, start)
        let through = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<500 {
                group.addTask {
                    await limiter.take(key, limit: RateLimit(perSecond: 1, burst: burst), now: start) == nil
                }
            }
            return await group.reduce(0) { $1 ? $0 + 1 : $0 }
        }
        #expect(through == Int(burst))
    }
}

@Suite("The rate limiter in process")
struct InProcessRateLimiterTests {
    @Test("A flood of addresses makes it forget full buckets, and keeps those that are empty")
    func bounded() {
        let limiter = InProcessRateLimiter(bucketCountMax: 1_600)
        let limit = RateLimit(perSecond: 1, burst: 1)
        let start = Timestamp(milliseconds: 1_800_000_000_000)
        let slow = RateLimit(perSecond: 0.001, burst: 1)
        let kept = RateKey(subject: .address("kept"), route: "login")
        #expect(limiter.take(kept, limit: slow, now: start) == nil)
        for index in 0..<50_000 {
            let key = RateKey(subject: .address("\(index)"), route: "login")
            _ = limiter.take(key, limit: limit, now: start.adding(milliseconds: Int64(index) * 4))
        }
        #expect(limiter.take(kept, limit: slow, now: start.adding(seconds: 200)) != nil)
    }

    @Test("A flood of busy addresses makes it start anew rather than grow")
    func flooded() {
        let limiter = InProcessRateLimiter(bucketCountMax: 160)
        let limit = RateLimit(perSecond: 0.001, burst: 1)
        let start = Timestamp(milliseconds: 1_800_000_000_000)
        let keys = (0..<2_000).map { RateKey(subject: .address("\($0)"), route: "login") }
        for key in keys { #expect(limiter.take(key, limit: limit, now: start) == nil) }
        // From the newest on, since asking for one that is forgotten makes it forget others.
        let remembered = keys.reversed().count { limiter.take($0, limit: limit, now: start) != nil }
        #expect(remembered <= 160 && remembered > 0, "\(remembered)")
    }
}
