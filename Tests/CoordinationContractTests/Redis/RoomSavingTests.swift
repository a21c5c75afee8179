import Domain
import Foundation
import Ports
import Testing

@testable import CoordinationRedis

/// What a room in Redis keeps of numbers, and what the store learns of places when word of them comes late.
@Suite(
    "Numbers and places of a room in Redis", .serialized, .timeLimit(.minutes(2)),
    .enabled(if: !RedisUnderTest.all.isEmpty, "set JARI_TEST_REDIS"))
struct RoomSavingTests {
    private func started() async throws -> (redis: OwnRedis, operation: RedisOperator, url: RedisUnderTest) {
        let redis = try OwnRedis()
        let port = try OwnRedis.freePorts(1)[0]
        try redis.start(port)
        let operation = try RedisOperator(port: port)
        try await operation.waitUntilThere()
        return (redis, operation, RedisUnderTest(name: "own", url: "redis://127.0.0.1:\(port)"))
    }

    @Test("A room whose first number is past four thousand million takes no memory for those before it")
    func lateBlock() async throws {
        let (redis, operation, url) = try await started()
        defer { withExtendedLifetime(redis) {} }
        let prefix = RedisUnderTest.newPrefix()
        let driver = WaitingRoomDriver(name: "own") { try await url.coordination(prefix: prefix).room }
        var world = try await RoomWorld(driver, firstNumber: 5_000_000_001)
        try await world.change { $0.settings.isPaused = true }
        let fans = world.fans(6)
        for (index, fan) in fans[..<3].enumerated() {
            #expect(try await world.join(fan).number == 5_000_000_001 + Int64(index))
        }
        // Numbers of the block before come back once each, and go before the others.
        #expect(try await world.join(fans[3], bringing: 4_990_000_007).number == 4_990_000_007)
        #expect(try await world.poll(fans[4], bringing: 4_990_000_006)?.ahead == 0)
        try await world.leave(fans[3])
        #expect(try await world.poll(fans[3], bringing: 4_990_000_007) == nil)
        #expect(try await world.join(fans[5], bringing: 4_990_000_006).number == 5_000_000_004)
        // Nor does one that this room gave.
        try await world.leave(fans[0])
        #expect(try await world.poll(fans[0], bringing: 5_000_000_001) == nil)

        let keys = RoomKeys(world.date, prefix: "\(prefix):room")
        let spent = try #require(keys.all.first { $0.suffix(6).elementsEqual(":spent".utf8) })
        let length = try #require(try await operation.tell("STRLEN", String(decoding: spent, as: UTF8.self)).integer)
        #expect(length > 0 && length < 100, "\(length) bytes")
    }

    @Test("Word that a fan gathers comes to the store late, and does not undo the number that was told since")
    func lateSave() async throws {
        let (redis, _, url) = try await started()
        defer { withExtendedLifetime(redis) {} }
        let pair = try await Pair(url, opensInSeconds: 60)
        let fan = UserID(high: 1, low: 2)
        pair.joins.holdNext()
        async let joining = pair.rooms[0].join(pair.date, fan: fan, bringing: nil, now: pair.now)
        try await wait(until: "the store is told of the join") { pair.joins.isHolding }
        let opened = pair.now.adding(seconds: 60)
        let told = try #require(
            try await pair.rooms[1].place(of: fan, on: pair.date, bringing: 0, now: opened))
        #expect(told.number == 1)
        #expect(pair.joins.numbers(of: pair.date)[fan] == 1)
        pair.joins.release()
        _ = try await joining
        #expect(pair.joins.numbers(of: pair.date)[fan] == 1)
    }

    @Test("A fan who left is forgotten although another process' word of the join comes to the store later")
    func ghost() async throws {
        let (redis, _, url) = try await started()
        defer { withExtendedLifetime(redis) {} }
        let pair = try await Pair(url, opensInSeconds: -1)
        let fan = UserID(high: 1, low: 2)
        pair.joins.holdNext()
        async let joining = pair.rooms[0].join(pair.date, fan: fan, bringing: nil, now: pair.now)
        try await wait(until: "the store is told of the join") { pair.joins.isHolding }
        try await pair.rooms[1].leave(pair.date, fan: fan, now: pair.now)
        pair.joins.release()
        // A place that is gone when the store has it is not told.
        let told = try? await joining
        #expect(told == nil)
        #expect(pair.joins.numbers(of: pair.date)[fan] != nil)
        try await wait(until: "the fan is forgotten") {
            _ = try await pair.rooms[1].admit(pair.date, seatsLeft: 9, isSoldOut: false, now: pair.later)
            return pair.joins.numbers(of: pair.date)[fan] == nil
        }
        // The other way round: who leaves and comes back stays.
        let back = try #require(try await pair.rooms[0].join(pair.date, fan: fan, bringing: nil, now: pair.now))
        try await pair.rooms[0].leave(pair.date, fan: fan, now: pair.now)
        let again = try #require(try await pair.rooms[0].join(pair.date, fan: fan, bringing: nil, now: pair.now))
        #expect(again.number > back.number)
        #expect(pair.joins.numbers(of: pair.date)[fan] == again.number)
    }

    @Test("Who left, was not forgotten, and came back before the next draw does not keep the number of before")
    func forgetFails() async throws {
        let (redis, _, url) = try await started()
        defer { withExtendedLifetime(redis) {} }
        let pair = try await Pair(url, opensInSeconds: -1)
        let fan = UserID(high: 1, low: 2)
        let first = try #require(try await pair.rooms[0].join(pair.date, fan: fan, bringing: nil, now: pair.now))
        #expect(pair.joins.numbers(of: pair.date)[fan] == first.number)
        try await pair.drawAgain()
        pair.joins.setAway(true)
        try await pair.rooms[0].leave(pair.date, fan: fan, now: pair.now)
        pair.joins.setAway(false)
        #expect(pair.joins.numbers(of: pair.date)[fan] == first.number)
        let back = try #require(try await pair.rooms[1].join(pair.date, fan: fan, bringing: nil, now: pair.now))
        #expect(back.number == 0)
        #expect(pair.joins.numbers(of: pair.date)[fan] == 0)
    }

    @Test("Word of a place that was left comes to the store after that of the next one, and does not stay")
    func lateSaveOfLeftPlace() async throws {
        let (redis, _, url) = try await started()
        defer { withExtendedLifetime(redis) {} }
        let pair = try await Pair(url, opensInSeconds: -1)
        let fan = UserID(high: 1, low: 2)
        pair.joins.holdNext()
        async let joining = pair.rooms[0].join(pair.date, fan: fan, bringing: nil, now: pair.now)
        try await wait(until: "the store is told of the join") { pair.joins.isHolding }
        try await pair.drawAgain()
        try await pair.rooms[1].leave(pair.date, fan: fan, now: pair.now)
        let back = try #require(try await pair.rooms[1].join(pair.date, fan: fan, bringing: nil, now: pair.now))
        #expect(back.number == 0)
        pair.joins.release()
        let told = try? await joining
        #expect(told == nil)
        #expect(pair.joins.numbers(of: pair.date)[fan] != 0)
        try await wait(until: "the place that holds is remembered") {
            _ = try await pair.rooms[1].admit(pair.date, seatsLeft: 9, isSoldOut: false, now: pair.later)
            return pair.joins.numbers(of: pair.date)[fan] == 0
        }
    }

    /// One room over two processes.
    private struct Pair {
        let joins = RememberedJoins()
        let date = DateID(high: 7, low: 7)
        let now = Timestamp(milliseconds: 1_800_000_000_000)
        /// When what nobody has saved for a while is looked for.
        var later: Timestamp { now.adding(seconds: 10) }
        let coordinations: [RedisCoordination]
        var rooms: [RedisWaitingRoom] { coordinations.map(\.room) }

        init(_ url: RedisUnderTest, opensInSeconds: Int) async throws {
            let prefix = RedisUnderTest.newPrefix()
            coordinations = [
                try await url.coordination(prefix: prefix, joins: joins),
                try await url.coordination(prefix: prefix, joins: joins),
            ]
            let rules = WaitingRoomRules(
                settings: .standard, opensAt: now.adding(seconds: opensInSeconds), closesAt: now.adding(seconds: 3_600),
                drawSeed: [1])
            _ = try await coordinations[0].room.change(date, rules: rules)
            try await coordinations[0].room.open(date, rules: rules, firstNumber: 1)
        }

        /// Moves the opening to later, with another seed: who comes from now on gathers for the next draw.
        func drawAgain() async throws {
            let rules = WaitingRoomRules(
                settings: .standard, opensAt: now.adding(seconds: 60), closesAt: now.adding(seconds: 3_600),
                drawSeed: [2])
            #expect(try await rooms[0].change(date, rules: rules))
        }
    }
}
