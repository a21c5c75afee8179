import Domain
import Foundation
import Logging
import NIOCore
import NIOPosix
import Ports
import Synchronization

@testable import CoordinationRedis

/// Two processes' halves of one waiting room on servers that may be hurt, and all that fans were told.
final class LossWorld: Sendable {
    let joins = RememberedJoins()
    let coordinations: [RedisCoordination]
    let date: DateID
    let fans: [UserID]
    let rules: WaitingRoomRules
    private let nextBlock = Mutex<Int64>(1)
    /// The number that each fan was told first.
    private let told = Mutex<[UserID: Int64]>([:])
    private let complaints = Mutex<[String]>([])

    init(_ url: String, fanCount: Int = 300, activeMax: Int = 40) async throws {
        var random = SplitMix(seed: .random(in: 0 ... .max))
        date = random.id()
        fans = (0..<fanCount).map { _ in random.id() }
        let now = Int64(Foundation.Date().timeIntervalSince1970 * 1_000)
        rules = WaitingRoomRules(
            settings: QueueSettings(
                activeMax: activeMax, admitPerSecond: 50, activeSeconds: 3_600, seatsPerFanMax: 4, isPaused: false),
            opensAt: Timestamp(milliseconds: now - 1_000), closesAt: Timestamp(milliseconds: now + 86_400_000),
            drawSeed: [1, 2, 3])
        let redis = RedisUnderTest(name: "own", url: url)
        let prefix = RedisUnderTest.newPrefix()
        var coordinations: [RedisCoordination] = []
        for _ in 0..<2 {
            coordinations.append(try await redis.coordination(prefix: prefix, joins: joins, clock: .server))
        }
        self.coordinations = coordinations
        for coordination in coordinations {
            let room = coordination.room
            room.whenLost { [weak self, weak room] date throws(Fault) in
                if let self, let room { try await self.open(room) }
            }
            try await persist { () throws(Fault) in try await open(room) }
        }
    }

    /// As `Doorkeeper.open` does.
    private func open(_ room: RedisWaitingRoom) async throws(Fault) {
        if try await room.change(date, rules: rules) { return }
        try await room.open(date, rules: rules, firstNumber: claimBlock())
    }

    /// The first of a block of numbers that nobody else has.
    func claimBlock() -> Int64 {
        nextBlock.withLock { next in
            defer { next += 100_000 }
            return next
        }
    }

    var now: Timestamp { Timestamp(milliseconds: 0) }

    func room(_ index: Int) -> RedisWaitingRoom { coordinations[index % coordinations.count].room }

    /// How often blocks of numbers were claimed: once, and once for each time that the room was lost.
    var blockCount: Int { Int(nextBlock.withLock { $0 } / 100_000) }

    func complain(_ complaint: String) { complaints.withLock { $0.append(complaint) } }

    /// Goes on asking while Redis is away, at most for a while. How long one call takes says nothing on a machine that is
    /// busy with other things: that none waits for a Redis that hangs is what `RedisAwayTests` show.
    func persist<Answer>(
        within limit: Duration = .seconds(30), _ ask: () async throws(Fault) -> Answer
    ) async throws -> Answer {
        let start = ContinuousClock.now
        while true {
            do throws(Fault) {
                return try await ask()
            } catch {
                guard error.code == .unavailable, ContinuousClock.now - start < limit else { throw error }
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    /// Joins, and notes what the fan was told.
    func join(_ fan: UserID, over index: Int) async throws {
        let place = try await persist { () throws(Fault) in
            try await room(index).join(date, fan: fan, bringing: nil, now: now)
        }
        note(place, of: fan)
    }

    func poll(_ fan: UserID, over index: Int) async throws -> QueuePlace? {
        let place = try await persist { () throws(Fault) in
            try await room(index).place(of: fan, on: date, bringing: nil, now: now)
        }
        note(place, of: fan)
        return place
    }

    private func note(_ place: QueuePlace?, of fan: UserID) {
        guard let place else { return complain("fan \(fan) has no place any more") }
        let first = told.withLock { told in
            if let first = told[fan] { return first }
            told[fan] = place.number
            return place.number
        }
        if first != place.number { complain("fan \(fan) was told \(first), then \(place.number)") }
    }

    /// All fans join and ask where they stand, over both processes, while fans are let in and something happens.
    func rush(while happens: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await withThrowingTaskGroup(of: Void.self) { fans in
                    for share in 0..<10 {
                        fans.addTask {
                            for index in stride(from: share, to: self.fans.count, by: 10) {
                                try await self.join(self.fans[index], over: index)
                                _ = try await self.poll(self.fans[index / 2 / 10 * 10 + share], over: index + 1)
                            }
                        }
                    }
                    try await fans.waitForAll()
                }
            }
            group.addTask { try await happens() }
            let admitting = Task {
                while !Task.isCancelled {
                    _ = try? await self.room(0).admit(self.date, seatsLeft: 10_000, isSoldOut: false, now: self.now)
                    try? await Task.sleep(for: .milliseconds(20))
                }
            }
            defer { admitting.cancel() }
            try await group.waitForAll()
        }
    }

    /// What is wrong at the end: everyone must be able to come back with the number that they were told, no number is
    /// two fans', and who waits is called in the order of the numbers.
    func wrongs() async throws -> [String] {
        var places: [QueuePlace] = []
        for (index, fan) in fans.enumerated() {
            if let place = try await poll(fan, over: index) { places.append(place) }
        }
        // Polled once more: those who were passed over came back one after the other, before those already asked.
        var waiting: [(number: Int64, ahead: Int)] = []
        for (index, fan) in fans.enumerated() {
            guard let place = try await poll(fan, over: index), place.status == .waiting else { continue }
            waiting.append((place.number, place.ahead ?? -1))
        }
        var wrongs = complaints.withLock { $0 }
        let numbers = told.withLock { Array($0.values) }
        if numbers.count != fans.count { wrongs.append("\(numbers.count) of \(fans.count) fans have a number") }
        if Set(numbers).count != numbers.count { wrongs.append("a number was given twice") }
        waiting.sort { $0.number < $1.number }
        if waiting.map(\.ahead) != Array(waiting.indices) { wrongs.append("the order is not that of the numbers") }
        return wrongs
    }
}

/// One server, to be told what only an operator tells it.
struct RedisOperator: Sendable {
    private let link: RedisLink

    init(port: Int) throws {
        let address = RedisAddress(host: "127.0.0.1", port: port)
        let dial = try RedisDial(
            url: RedisURL("redis://127.0.0.1:\(port)"), group: MultiThreadedEventLoopGroup.singleton, timeOutMs: 5_000,
            logger: Logger(label: "operator"))
        link = dial.link(dial.dialling(), for: .anyNode) { () throws(Fault) in address }
        link.start()
    }

    @discardableResult
    func tell(_ words: String...) async throws -> RedisReply {
        let reply = try await link.send(RedisCommand(words.map { .text($0) }))
        if let error = reply.errorText { throw Fault(.broken, attempt: words.joined(separator: " "), reason: error) }
        return reply
    }

    /// Waits until the server answers, at most for a while.
    func waitUntilThere() async throws {
        try await wait(until: "the server answers") { try await tell("PING") == .status("PONG") }
    }
}

/// Waits for a condition, at most for a while. An error counts as "not yet".
func wait(
    until what: String, within limit: Duration = .seconds(30), _ condition: () async throws -> Bool
) async throws {
    let start = ContinuousClock.now
    while await (try? condition()) != true {
        guard ContinuousClock.now - start < limit else {
            throw Fault(.broken, attempt: what, reason: "it took too long")
        }
        try await Task.sleep(for: .milliseconds(10))
    }
}
