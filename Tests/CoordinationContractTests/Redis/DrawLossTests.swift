import CoordinationRedis
import Domain
import Ports
import Testing

/// Draws of rooms on servers of their own, which lose what they have before all were told their numbers.
@Suite(
    "A draw that Redis loses", .serialized, .timeLimit(.minutes(3)),
    .enabled(if: !RedisUnderTest.all.isEmpty, "set JARI_TEST_REDIS"))
struct DrawLossTests {
    @Test("Everything is lost when some were told their numbers: the others get those that were drawn")
    func everything() async throws {
        let world = try await DrawWorld(fanCount: 400)
        for fan in world.order.shuffled()[..<20] { try await world.expectDrawn(fan) }
        try await world.operation.tell("FLUSHALL")
        for fan in world.order.shuffled() { try await world.expectDrawn(fan) }
        // The store knows all numbers now, also without the draw.
        #expect(Set(world.joins.numbers(of: world.date).values) == Set(1...400))
        try await world.expectNewcomer()
    }

    @Test("Everything is lost twice, the second time after numbers were given to fans who came later")
    func twice() async throws {
        let world = try await DrawWorld(fanCount: 50)
        try await world.expectDrawn(world.order[7])
        try await world.operation.tell("FLUSHALL")
        try await world.expectDrawn(world.order[40])
        try await world.expectNewcomer()
        try await world.operation.tell("FLUSHALL")
        for fan in world.order.shuffled() { try await world.expectDrawn(fan) }
    }

    @Test("A server comes back with a copy from before the draw: nobody is drawn again")
    func copyFromBefore() async throws {
        let world = try await DrawWorld(fanCount: 200, isOpen: false)
        try await world.operation.tell("SAVE")
        world.open()
        for fan in world.order.shuffled()[..<20] { try await world.expectDrawn(fan) }
        try world.restart()
        for fan in world.order.shuffled() { try await world.expectDrawn(fan) }
        try await world.expectNewcomer()
    }

    @Test("A server comes back with a copy from the middle of the draw: the order is the one that was told")
    func copyFromTheMiddle() async throws {
        // Each call moves 500 of those who were drawn into the line.
        let world = try await DrawWorld(fanCount: 1_200)
        try await world.expectDrawn(world.order[0])
        try await world.operation.tell("SAVE")
        let told = world.order[500..<600].shuffled()[..<30] + [world.order[601], world.order[1_199]]
        for fan in told { try await world.expectDrawn(fan) }
        // Of some the store did not know yet that they had come: only the copy tells their ranks.
        try await world.joins.forget([world.order[600], world.order[900]], of: world.date)
        try world.restart()
        for fan in world.order.reversed() { try await world.expectDrawn(fan) }
        for (index, fan) in world.order.enumerated() {
            #expect(try await world.poll(fan)?.ahead == index)
        }
    }

    @Test("A fan who left after the draw leaves a gap, and nobody else gets the number")
    func gap() async throws {
        let world = try await DrawWorld(fanCount: 20)
        try await world.expectDrawn(world.order[3])
        try await world.persist { () throws(Fault) in
            try await world.coordination.room.leave(world.date, fan: world.order[3], now: world.now)
        }
        try await world.operation.tell("FLUSHALL")
        for fan in world.order where fan != world.order[3] { try await world.expectDrawn(fan) }
        #expect(try await world.poll(world.order[3], bringing: 4) == nil)
    }

    @Test("Nobody is told a drawn number while the store has not kept the draw")
    func keptFirst() async throws {
        let world = try await DrawWorld(fanCount: 30, isOpen: false)
        world.joins.setAway(true)
        world.open()
        for fan in world.order[..<3] {
            await #expect(throws: Fault.self) {
                try await world.coordination.room.place(of: fan, on: world.date, bringing: 0, now: world.now)
            }
        }
        world.joins.setAway(false)
        #expect(try await world.joins.keptDraw(of: world.date) == nil)
        try await world.expectDrawn(world.order[2])
        let draw = try #require(try await world.joins.keptDraw(of: world.date))
        #expect(draw.lots.count == 30 && draw.firstNumber == 1 && draw.lots == draw.lots.sorted())
        for fan in world.order.shuffled() { try await world.expectDrawn(fan) }
    }
}

/// A room on a server of its own, whose fans came before its opening, and a clock that the test moves.
private final class DrawWorld {
    let joins = RememberedJoins()
    let date: DateID
    let coordination: RedisCoordination
    let operation: RedisOperator
    /// All fans, in the order of the draw.
    let order: [UserID]
    private(set) var now: Timestamp
    private let rules: WaitingRoomRules
    private let redis: OwnRedis
    private let port: Int
    private var random: SplitMix

    init(fanCount: Int, isOpen: Bool = true) async throws {
        redis = try OwnRedis()
        port = try OwnRedis.freePorts(1)[0]
        try redis.start(port)
        operation = try RedisOperator(port: port)
        try await operation.waitUntilThere()
        var random = SplitMix(seed: .random(in: 0 ... .max))
        let date: DateID = random.id()
        let fans: [UserID] = (0..<fanCount).map { _ in random.id() }
        let now = Timestamp(milliseconds: 1_800_000_000_000)
        let rules = WaitingRoomRules(
            settings: QueueSettings(
                activeMax: 1, admitPerSecond: 1, activeSeconds: 60, seatsPerFanMax: 4, isPaused: true),
            opensAt: now.adding(seconds: 60), closesAt: now.adding(seconds: 86_400), drawSeed: [1, 2, 3])
        let server = RedisUnderTest(name: "own", url: "redis://127.0.0.1:\(port)")
        coordination = try await server.coordination(joins: joins)
        let room = coordination.room
        let blocks = Blocks()
        let open = { @Sendable [weak room] (date: DateID) async throws(Fault) in
            guard let room, try await !room.change(date, rules: rules) else { return }
            try await room.open(date, rules: rules, firstNumber: blocks.next())
        }
        room.whenLost(open)
        try await patiently { () throws(Fault) in try await open(date) }
        order = Draw.order(fans: fans, seed: rules.drawSeed, date: date, hash: sha256)
        (self.date, self.now, self.rules, self.random) = (date, now, rules, random)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for fan in fans {
                group.addTask {
                    let place = try await room.join(date, fan: fan, bringing: nil, now: now)
                    #expect(place?.number == 0)
                }
            }
            try await group.waitForAll()
        }
        if isOpen { self.open() }
    }

    /// Time goes on to the opening.
    func open() { now = rules.opensAt }

    /// Ends the server and starts it with what it saved last.
    func restart() throws {
        redis.kill(port)
        try redis.start(port)
    }

    func poll(_ fan: UserID, bringing number: Int64 = 0) async throws -> QueuePlace? {
        try await persist { () throws(Fault) in
            try await coordination.room.place(of: fan, on: date, bringing: number, now: now)
        }
    }

    /// The fan is told the number that the draw gives.
    func expectDrawn(_ fan: UserID) async throws {
        let place = try await poll(fan)
        #expect(place.map { $0.number - 1 } == order.firstIndex(of: fan).map(Int64.init))
    }

    /// Whoever comes now comes after all who were drawn.
    func expectNewcomer() async throws {
        let fan: UserID = random.id()
        let place = try await persist { () throws(Fault) in
            try await coordination.room.join(date, fan: fan, bringing: nil, now: now)
        }
        #expect(try #require(place).number > Int64(order.count))
    }

    func persist<Answer>(_ ask: () async throws(Fault) -> Answer) async throws -> Answer {
        try await patiently(ask)
    }
}

/// Goes on asking while a room is away, at most for a while.
private func patiently<Answer>(_ ask: () async throws(Fault) -> Answer) async throws -> Answer {
    let start = ContinuousClock.now
    while true {
        do throws(Fault) {
            return try await ask()
        } catch {
            guard error.code == .unavailable, ContinuousClock.now - start < .seconds(20) else { throw error }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
