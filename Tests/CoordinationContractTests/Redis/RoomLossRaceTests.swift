import Domain
import Ports
import Testing

@testable import CoordinationRedis

/// What may happen between two steps of a process that is slow, each made to happen.
@Suite(
    "A waiting room that Redis loses at a bad moment", .serialized, .timeLimit(.minutes(3)),
    .enabled(if: !RedisUnderTest.all.isEmpty, "set JARI_TEST_REDIS"))
struct RoomLossRaceTests {
    private func started() async throws -> (redis: OwnRedis, port: Int) {
        let redis = try OwnRedis()
        let port = try OwnRedis.freePorts(1)[0]
        try redis.start(port)
        try await RedisOperator(port: port).waitUntilThere()
        return (redis, port)
    }

    @Test("A place that the store learns of after the room was rebuilt without it is not told")
    func lateSave() async throws {
        let (redis, port) = try await started()
        defer { withExtendedLifetime(redis) {} }
        let world = try await LossWorld("redis://127.0.0.1:\(port)", fanCount: 20, activeMax: 5)
        for fan in world.fans[..<10] { try await world.join(fan, over: 0) }
        world.joins.holdNext()
        let late = Task { try await world.join(world.fans[10], over: 0) }
        try await wait(until: "a save is under way") { world.joins.isHolding }
        try await RedisOperator(port: port).tell("FLUSHALL")
        // The other process puts the room together again, and goes on.
        for fan in world.fans[11...] { try await world.join(fan, over: 1) }
        world.joins.release()
        try await late.value
        #expect(try await world.wrongs() == [])
    }

    @Test("A place whose room is lost while the store learns of it is not told before it is there again")
    func lostWhileSaving() async throws {
        let (redis, port) = try await started()
        defer { withExtendedLifetime(redis) {} }
        let world = try await LossWorld("redis://127.0.0.1:\(port)", fanCount: 10, activeMax: 5)
        for fan in world.fans[..<9] { try await world.join(fan, over: 0) }
        world.joins.holdNext()
        let late = Task {
            try await world.room(0).join(world.date, fan: world.fans[9], bringing: nil, now: world.now)
        }
        try await wait(until: "a save is under way") { world.joins.isHolding }
        try await RedisOperator(port: port).tell("FLUSHALL")
        world.joins.release()
        await #expect(throws: Fault.self) { try await late.value }
        try await world.join(world.fans[9], over: 1)
        #expect(try await world.wrongs() == [])
    }

    @Test("Numbers that were claimed before another room lived are not given after it was lost")
    func staleNumbers() async throws {
        let (redis, port) = try await started()
        defer { withExtendedLifetime(redis) {} }
        let world = try await LossWorld("redis://127.0.0.1:\(port)", fanCount: 30, activeMax: 5)
        let operation = try RedisOperator(port: port)
        for fan in world.fans[..<5] { try await world.join(fan, over: 0) }
        try await operation.tell("FLUSHALL")
        // This process finds it lost, claims numbers, and is slow from then on.
        #expect(try await world.room(0).change(world.date, rules: world.rules) == false)
        let stale = world.claimBlock()
        try await operation.tell("FLUSHALL")
        // The other one makes the room meanwhile, and gives numbers that are higher.
        for fan in world.fans[5..<10] { try await world.join(fan, over: 1) }
        world.joins.holdNext()
        let late = Task { try await world.join(world.fans[10], over: 1) }
        try await wait(until: "a save is under way") { world.joins.isHolding }
        let blockCount = world.blockCount
        try await operation.tell("FLUSHALL")
        await #expect(throws: Fault.self) {
            try await world.room(0).open(world.date, rules: world.rules, firstNumber: stale)
        }
        for fan in world.fans[11..<20] { try await world.join(fan, over: 0) }
        let after = try #require(world.joins.numbers(of: world.date)[world.fans[11]])
        #expect(after > blockCount * 100_000, "a number of the room before")
        world.joins.release()
        try await late.value
        for fan in world.fans[20...] { try await world.join(fan, over: 1) }
        #expect(try await world.wrongs() == [])
    }

    @Test("A store that is slow before a room is made and while it is keeps nobody from making it")
    func slowStore() async throws {
        let (redis, port) = try await started()
        defer { withExtendedLifetime(redis) {} }
        let world = try await LossWorld("redis://127.0.0.1:\(port)", fanCount: 2, activeMax: 5)
        let operation = try RedisOperator(port: port)
        let room = world.room(0)
        for fan in world.fans { try await world.join(fan, over: 0) }
        try await operation.tell("FLUSHALL")
        #expect(try await room.change(world.date, rules: world.rules) == false)
        let keys = try await operation.tell("KEYS", "*rebuild").array?.compactMap(\.text) ?? []
        let key = try #require(keys.first)
        // Far longer than a call of the store takes, when it is slow.
        let left = try await operation.tell("PTTL", key).integer ?? 0
        #expect(left > 10_000)
        // Most of it is over, and the next calls take long too.
        try await operation.tell("PEXPIRE", key, "1500")
        world.joins.setDelay(.seconds(2))
        try await room.open(world.date, rules: world.rules, firstNumber: world.claimBlock())
        world.joins.setDelay(.zero)
        #expect(try await world.wrongs() == [])
        // What has become another's is not made.
        try await operation.tell("FLUSHALL")
        #expect(try await room.change(world.date, rules: world.rules) == false)
        try await operation.tell("SET", key, "another process, another attempt", "PX", "2000")
        await #expect(throws: Fault.self) {
            try await room.open(world.date, rules: world.rules, firstNumber: world.claimBlock())
        }
        #expect(try await operation.tell("EXISTS", key).integer == 1)
    }

    @Test("Numbers that were claimed for nobody's turn open no room")
    func nobodysTurn() async throws {
        let (redis, port) = try await started()
        defer { withExtendedLifetime(redis) {} }
        let world = try await LossWorld("redis://127.0.0.1:\(port)", fanCount: 1, activeMax: 5)
        let operation = try RedisOperator(port: port)
        try await operation.tell("FLUSHALL")
        await #expect(throws: Fault.self) {
            try await world.room(0).open(world.date, rules: world.rules, firstNumber: world.claimBlock())
        }
    }
}
