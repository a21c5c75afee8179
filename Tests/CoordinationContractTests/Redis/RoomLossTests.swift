import CoordinationRedis
import Domain
import Ports
import Testing

/// Waiting rooms on servers of their own, which lose what they have.
@Suite(
    "A waiting room that Redis loses", .serialized, .timeLimit(.minutes(3)),
    .enabled(if: !RedisUnderTest.all.isEmpty, "set JARI_TEST_REDIS"))
struct RoomLossTests {
    private func started() async throws -> (redis: OwnRedis, port: Int) {
        let redis = try OwnRedis()
        let port = try OwnRedis.freePorts(1)[0]
        try redis.start(port)
        try await RedisOperator(port: port).waitUntilThere()
        return (redis, port)
    }

    @Test("FLUSHALL while fans join, ask and are let in: no number twice, the order kept, everyone can come back")
    func flushed() async throws {
        let (redis, port) = try await started()
        defer { withExtendedLifetime(redis) {} }
        let world = try await LossWorld("redis://127.0.0.1:\(port)")
        let operation = try RedisOperator(port: port)
        try await world.rush {
            for count in [40, 120, 200, 280] {
                try await wait(until: "\(count) fans have joined") {
                    world.joins.numbers(of: world.date).count >= count
                }
                try await operation.tell("FLUSHALL")
            }
        }
        #expect(try await world.wrongs() == [])
        #expect(world.blockCount >= 4, "the room was lost \(world.blockCount - 1) times only")
    }

    @Test("A server that is killed and starts empty: the same")
    func killed() async throws {
        let (redis, port) = try await started()
        defer { withExtendedLifetime(redis) {} }
        let world = try await LossWorld("redis://127.0.0.1:\(port)")
        try await world.rush {
            for count in [60, 180] {
                try await wait(until: "\(count) fans have joined") {
                    world.joins.numbers(of: world.date).count >= count
                }
                redis.kill(port)
                try redis.start(port)
            }
        }
        #expect(try await world.wrongs() == [])
        #expect(world.blockCount >= 3)
    }

    @Test("A server that comes back with an older copy gives no number that was told since")
    func olderCopy() async throws {
        let (redis, port) = try await started()
        defer { withExtendedLifetime(redis) {} }
        let world = try await LossWorld("redis://127.0.0.1:\(port)")
        let operation = try RedisOperator(port: port)
        for fan in world.fans[..<100] { try await world.join(fan, over: 0) }
        try await operation.tell("SAVE")
        for fan in world.fans[100..<200] { try await world.join(fan, over: 0) }
        let inside = try #require(try await world.room(0).figures(of: world.date, now: world.now)).active
        #expect(inside > 0)

        redis.kill(port)
        try redis.start(port)
        // The other process has not seen the latest numbers: it must not trust the copy either.
        for fan in world.fans[200...] { try await world.join(fan, over: 1) }
        #expect(try await world.wrongs() == [])
        // Those inside stay inside: the copy is believed where the store does not know better.
        #expect(try #require(try await world.room(1).figures(of: world.date, now: world.now)).active >= inside)
    }

    @Test("Who was called before the loss is called next on return, before all who waited behind")
    func passedOver() async throws {
        let (redis, port) = try await started()
        defer { withExtendedLifetime(redis) {} }
        let world = try await LossWorld("redis://127.0.0.1:\(port)", fanCount: 20, activeMax: 5)
        for fan in world.fans { try await world.join(fan, over: 0) }
        _ = try await world.room(0).admit(world.date, seatsLeft: 1_000, isSoldOut: false, now: world.now)
        try await wait(until: "the store knows who was called") {
            _ = try await world.room(0).admit(world.date, seatsLeft: 1_000, isSoldOut: false, now: world.now)
            return try await world.joins.calledUpTo(of: world.date) == 5
        }
        try await RedisOperator(port: port).tell("FLUSHALL")
        // A fan from behind asks first.
        #expect(try await world.poll(world.fans[9], over: 1)?.ahead == 4)
        let back = try #require(try await world.poll(world.fans[2], over: 0))
        #expect(back.number == 3 && back.ahead == 0 && back.status == .waiting)
        #expect(try await world.room(0).admit(world.date, seatsLeft: 1_000, isSoldOut: false, now: world.now) > 0)
        #expect(try await world.poll(world.fans[2], over: 0)?.status == .active)
    }

    @Test("A fan is told of a place only after the store remembers it, and many joins are one call")
    func rememberedFirst() async throws {
        let (redis, port) = try await started()
        defer { withExtendedLifetime(redis) {} }
        let world = try await LossWorld("redis://127.0.0.1:\(port)")
        world.joins.setAway(true)
        let room = world.room(0)
        await #expect(throws: Fault.self) {
            try await room.join(world.date, fan: world.fans[0], bringing: nil, now: world.now)
        }
        // The other process does not tell of it either, though Redis knows the place.
        await #expect(throws: Fault.self) {
            try await world.room(1).place(of: world.fans[0], on: world.date, bringing: nil, now: world.now)
        }
        world.joins.setAway(false)
        let before = world.joins.calls
        try await withThrowingTaskGroup(of: Void.self) { group in
            for fan in world.fans { group.addTask { try await world.join(fan, over: 0) } }
            try await group.waitForAll()
        }
        #expect(world.joins.numbers(of: world.date).count == world.fans.count)
        #expect(world.joins.calls - before < world.fans.count / 3, "\(world.joins.calls - before) calls")
        #expect(try await world.wrongs() == [])
    }

    @Test("Who leaves is forgotten, and does not come back with a rebuilt room")
    func left() async throws {
        let (redis, port) = try await started()
        defer { withExtendedLifetime(redis) {} }
        let world = try await LossWorld("redis://127.0.0.1:\(port)", fanCount: 10)
        for fan in world.fans { try await world.join(fan, over: 0) }
        try await world.room(0).leave(world.date, fan: world.fans[9], now: world.now)
        #expect(world.joins.numbers(of: world.date)[world.fans[9]] == nil)
        try await RedisOperator(port: port).tell("FLUSHALL")
        let place = try await world.persist { () throws(Fault) in
            try await world.room(1).place(of: world.fans[9], on: world.date, bringing: nil, now: world.now)
        }
        #expect(place == nil)
        // The number is used up all the same.
        try await world.join(world.fans[0], over: 0)
        let late = try #require(
            try await world.room(0).join(world.date, fan: UserID(high: 7, low: 7), bringing: nil, now: world.now))
        #expect(late.number > 10)
    }

    @Test("Who was inside, bought and left does not get the turn again by the old token, also when nobody else is left")
    func usedUp() async throws {
        let (redis, port) = try await started()
        defer { withExtendedLifetime(redis) {} }
        for remaining in [9, 0] {
            let world = try await LossWorld("redis://127.0.0.1:\(port)", fanCount: 10, activeMax: 1)
            for fan in world.fans[...remaining] { try await world.join(fan, over: 0) }
            try await wait(until: "the store knows who was called") {
                _ = try await world.room(0).admit(world.date, seatsLeft: 1_000, isSoldOut: false, now: world.now)
                return try await world.joins.calledUpTo(of: world.date) == 1
            }
            try await world.room(0).leave(world.date, fan: world.fans[0], now: world.now)
            try await RedisOperator(port: port).tell("FLUSHALL")
            let place = try await world.persist { () throws(Fault) in
                try await world.room(1).place(of: world.fans[0], on: world.date, bringing: 1, now: world.now)
            }
            #expect(place == nil)
            let late = try await world.persist { () throws(Fault) in
                try await world.room(1).join(world.date, fan: world.fans[0], bringing: 1, now: world.now)
            }
            #expect(try #require(late).number > 10)
        }
    }

    @Test("A room that was closed is not taken for lost, and its joins are forgotten")
    func closed() async throws {
        let (redis, port) = try await started()
        defer { withExtendedLifetime(redis) {} }
        let world = try await LossWorld("redis://127.0.0.1:\(port)", fanCount: 10)
        for fan in world.fans { try await world.join(fan, over: 0) }
        try await world.room(0).close(world.date)
        #expect(
            try await world.room(1).place(of: world.fans[0], on: world.date, bringing: nil, now: world.now) == nil)
        #expect(world.joins.numbers(of: world.date).isEmpty)
        #expect(world.blockCount == 1)
    }
}
