import CoordinationInProcess
import CoordinationRedis
import Crypto
import Domain
import Ports
import Testing

/// A driver of the waiting room, and how to make one. It waits 30 seconds for an answer and 30 minutes for a sign.
struct WaitingRoomDriver: Sendable, CustomTestStringConvertible {
    let name: String
    let make: @Sendable () async throws -> any WaitingRoom

    var testDescription: String { name }

    static let inProcess = WaitingRoomDriver(name: "in process") { InProcessWaitingRoom() }

    static let all =
        [inProcess]
        + RedisUnderTest.all.map { redis in WaitingRoomDriver(name: redis.name) { try await redis.coordination().room }
        }
}

/// A room of one date, its fans, and a simulated clock.
struct RoomWorld {
    let room: any WaitingRoom
    let date: DateID
    var rules: WaitingRoomRules
    var now: Timestamp
    private var random: SplitMix

    /// A room that has been open for a second: 3 inside, 2 a second, a stay of 60 seconds.
    ///
    /// - Parameter opensInSeconds: When the sale opens, from now; negative for a sale that is open.
    init(
        _ driver: WaitingRoomDriver, activeMax: Int = 3, admitPerSecond: Int = 2, activeSeconds: Int = 60,
        opensInSeconds: Int = -1, firstNumber: Int64 = 1, seed: UInt64 = 1
    ) async throws {
        var random = SplitMix(seed: seed)
        date = random.id()
        now = Timestamp(milliseconds: 1_800_000_000_000)
        rules = WaitingRoomRules(
            settings: QueueSettings(
                activeMax: activeMax, admitPerSecond: admitPerSecond, activeSeconds: activeSeconds,
                seatsPerFanMax: 4, isPaused: false),
            opensAt: now.adding(seconds: opensInSeconds), closesAt: now.adding(seconds: 86_400),
            drawSeed: (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) })
        self.random = random
        room = try await driver.make()
        _ = try await room.change(date, rules: rules)
        try await room.open(date, rules: rules, firstNumber: firstNumber)
    }

    mutating func fans(_ count: Int) -> [UserID] {
        (0..<count).map { _ in random.id() }
    }

    mutating func pass(seconds: Int) {
        now = now.adding(seconds: seconds)
    }

    func join(_ fan: UserID, bringing number: Int64? = nil) async throws -> QueuePlace {
        try #require(try await room.join(date, fan: fan, bringing: number, now: now))
    }

    func poll(_ fan: UserID, bringing number: Int64? = nil) async throws -> QueuePlace? {
        try await room.place(of: fan, on: date, bringing: number, now: now)
    }

    func isActive(_ fan: UserID) async throws -> Bool {
        try await room.isActive(fan, on: date, now: now)
    }

    func leave(_ fan: UserID) async throws {
        try await room.leave(date, fan: fan, now: now)
    }

    @discardableResult
    func admit(seatsLeft: Int = 100_000, isSoldOut: Bool = false) async throws -> Int {
        try await room.admit(date, seatsLeft: seatsLeft, isSoldOut: isSoldOut, now: now)
    }

    func figures() async throws -> QueueFigures {
        try #require(try await room.figures(of: date, now: now))
    }

    func change(_ change: (inout WaitingRoomRules) -> Void) async throws {
        var changed = rules
        change(&changed)
        let isChanged = try await room.change(date, rules: changed)
        #expect(isChanged)
    }
}

func sha256(_ message: [UInt8]) -> Domain.Digest {
    let hash = SHA256.hash(data: message)
    guard let digest = hash.withUnsafeBytes({ Domain.Digest(bytes: $0) }) else {
        preconditionFailure("SHA-256 has 32 bytes")
    }
    return digest
}
