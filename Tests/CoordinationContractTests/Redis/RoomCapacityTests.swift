import Domain
import Ports
import Testing

@testable import CoordinationRedis

/// What many fans in one room cost in Redis. The test in the memory of a process is another: `WaitingRoomCapacityTests`.
@Suite(
    "Many fans in one room in Redis", .timeLimit(.minutes(3)),
    .enabled(if: !RedisUnderTest.all.isEmpty, "set JARI_TEST_REDIS"))
struct RoomCapacityTests {
    private static let fanCount = 20_000
    private static let callerCount = 500

    @Test("Twenty thousand fans take less than 800 bytes each, and hundreds of polls go in one call")
    func capacity() async throws {
        let redis = try OwnRedis()
        defer { withExtendedLifetime(redis) {} }
        let port = try OwnRedis.freePorts(1)[0]
        try redis.start(port)
        let operation = try RedisOperator(port: port)
        try await operation.waitUntilThere()
        let server = RedisUnderTest(name: "own", url: "redis://127.0.0.1:\(port)")
        let driver = WaitingRoomDriver(name: "own") { try await server.coordination().room }
        var world = try await RoomWorld(driver, activeMax: 10_000, admitPerSecond: 1_000, opensInSeconds: 60)
        let fans = world.fans(Self.fanCount)

        let before = try await memory(of: operation)
        let gathered = world
        let joins = try await cost(operation) {
            try await each(fans) { fan in try await gathered.join(fan).number == 0 }
        }
        world.pass(seconds: 60)
        let opened = world
        // The draw puts all of them into the line, some hundred a call, and order is exact meanwhile.
        let draw = try await cost(operation) {
            try await wait(until: "all are in the line") { try await opened.poll(fans[0]) != nil }
            try await each(fans) { fan in try await opened.poll(fan).map { $0.number > 0 } == true }
        }
        let bytes = (try await memory(of: operation) - before) / Self.fanCount
        let polls = try await cost(operation) {
            try await each(fans) { fan in
                try await opened.poll(fan).map { place in place.ahead == Int(place.number) - 1 } == true
            }
        }
        let admission = try await cost(operation) {
            let admitted = try await opened.admit()
            #expect(admitted == 1_000)
        }
        print(
            """
            \(Self.fanCount) fans in one room in Redis: \(bytes) bytes each; of Redis' time: join before opening \
            \(joins.micros / Self.fanCount) us, draw and first poll \(draw.micros / Self.fanCount) us, poll \
            \(Double(polls.micros) / Double(Self.fanCount)) us in calls of \(Self.fanCount / polls.calls), \
            admission of 1,000 \(admission.micros) us
            """)
        #expect(bytes < 800)
        #expect(polls.calls < Self.fanCount / 50, "\(polls.calls) calls")
    }

    @Test("Hundreds of tokens that are taken at the same time go in one call")
    func limits() async throws {
        let redis = try OwnRedis()
        defer { withExtendedLifetime(redis) {} }
        let port = try OwnRedis.freePorts(1)[0]
        try redis.start(port)
        let operation = try RedisOperator(port: port)
        try await operation.waitUntilThere()
        let limiter = try await RedisUnderTest(name: "own", url: "redis://127.0.0.1:\(port)").coordination().limiter
        let now = Timestamp(milliseconds: 1_800_000_000_000)
        let fans = (0..<Self.fanCount).map { UserID(high: UInt64($0), low: UInt64($0) &* 0x9E37_79B9_7F4A_7C15) }
        let takings = try await cost(operation) {
            try await each(fans) { fan in
                let key = RateKey(subject: .user(fan), route: "poll")
                return await limiter.take(key, limit: RateLimit(perSecond: 2, burst: 10), now: now) == nil
            }
        }
        print(
            """
            \(Self.fanCount) tokens: \(Double(takings.micros) / Double(Self.fanCount)) us of Redis' time each, in calls \
            of \(Self.fanCount / takings.calls)
            """)
        #expect(takings.calls < Self.fanCount / 50, "\(takings.calls) calls")
    }

    private func each(_ fans: [UserID], _ ask: @escaping @Sendable (UserID) async throws -> Bool) async throws {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for share in 0..<Self.callerCount {
                group.addTask {
                    var wrong = 0
                    for index in stride(from: share, to: fans.count, by: Self.callerCount)
                    where try await !ask(fans[index]) { wrong += 1 }
                    return wrong
                }
            }
            for try await wrong in group { #expect(wrong == 0) }
        }
    }

    private func memory(of operation: RedisOperator) async throws -> Int {
        let lines = try await operation.tell("INFO", "memory").text?.split(whereSeparator: \.isNewline) ?? []
        let line = try #require(lines.first { $0.hasPrefix("used_memory:") })
        return try #require(Int(line.dropFirst("used_memory:".count)))
    }

    /// Scripts that were run, and the microseconds that Redis spent on them.
    private func cost(_ operation: RedisOperator, _ work: () async throws -> Void) async throws -> (
        calls: Int, micros: Int
    ) {
        try await operation.tell("CONFIG", "RESETSTAT")
        try await work()
        let text = try await operation.tell("INFO", "commandstats").text ?? ""
        let line = try #require(text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("cmdstat_evalsha:") })
        let values = line.split(whereSeparator: { ":=,".contains($0) })
        return (try #require(Int(values[2])), try #require(Int(values[4])))
    }
}
