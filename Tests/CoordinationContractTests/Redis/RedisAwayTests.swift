import Domain
import Foundation
import Ports
import Synchronization
import Testing

@testable import CoordinationRedis

/// What processes do while Redis is away, and when it comes back.
@Suite(
    "When Redis is away", .serialized, .timeLimit(.minutes(2)),
    .enabled(if: !RedisUnderTest.all.isEmpty, "set JARI_TEST_REDIS"))
struct RedisAwayTests {
    private let date = DateID(high: 1, low: 1)
    private let fan = UserID(high: 2, low: 2)
    private let seat = SeatID(high: 3, low: 3)
    private let now = Timestamp(milliseconds: 1_800_000_000_000)

    private func started() async throws -> (redis: OwnRedis, port: Int, url: RedisUnderTest) {
        let redis = try OwnRedis()
        let port = try OwnRedis.freePorts(1)[0]
        try redis.start(port)
        try await RedisOperator(port: port).waitUntilThere()
        return (redis, port, RedisUnderTest(name: "own", url: "redis://127.0.0.1:\(port)"))
    }

    private func rules() -> WaitingRoomRules {
        WaitingRoomRules(
            settings: .standard, opensAt: now.adding(seconds: -1), closesAt: now.adding(seconds: 3_600), drawSeed: [1])
    }

    /// Asks everything, and sees that each answer is what it should be without Redis.
    private func askAll(_ redis: RedisCoordination) async throws {
        func unavailable(_ ask: () async throws(Fault) -> Void) async {
            do throws(Fault) {
                try await ask()
                Issue.record("there was an answer")
            } catch {
                #expect(error.code == .unavailable)
            }
        }
        await unavailable { () throws(Fault) in
            _ = try await redis.room.join(date, fan: fan, bringing: nil, now: now)
        }
        await unavailable { () throws(Fault) in
            _ = try await redis.room.place(of: fan, on: date, bringing: nil, now: now)
        }
        await unavailable { () throws(Fault) in _ = try await redis.room.isActive(fan, on: date, now: now) }
        await unavailable { () throws(Fault) in
            _ = try await redis.room.admit(date, seatsLeft: 9, isSoldOut: false, now: now)
        }
        await unavailable { () throws(Fault) in try await redis.check() }
        let until = now.adding(seconds: 10)
        #expect(await redis.gate.close([seat], on: date, for: fan, until: until, now: now).isEmpty)
        #expect(await redis.gate.close([seat], on: date, for: UserID(high: 9, low: 9), until: until, now: now).isEmpty)
        await redis.gate.open([seat], on: date, for: fan)
        #expect(await redis.leases.hold("sweep", until: until, now: now), "better twice than not at all")
        let key = RateKey(subject: .address("203.0.113.\(Int.random(in: 0...255))"), route: "\(UUID())")
        let limit = RateLimit(perSecond: 1, burst: 2)
        #expect(await redis.limiter.take(key, limit: limit, now: now) == nil)
        #expect(await redis.limiter.take(key, limit: limit, now: now) == nil)
        #expect(await redis.limiter.take(key, limit: limit, now: now) == 1_000)
        let notices = redis.broadcast.notices(about: date)
        redis.broadcast.publish(.soldOut, about: date)
        var iterator = notices.makeAsyncIterator()
        guard case .soldOut = await iterator.next() else {
            Issue.record("the notice did not reach this process")
            return
        }
    }

    @Test("A server that is gone: calls fail at once or do without, and are answered again soon after it is back")
    func gone() async throws {
        let (redis, port, url) = try await started()
        defer { withExtendedLifetime(redis) {} }
        let coordination = try await url.coordination()
        _ = try await coordination.room.change(date, rules: rules())
        try await coordination.room.open(date, rules: rules(), firstNumber: 1)
        redis.kill(port)
        try await wait(until: "it is noticed") { (try? await coordination.check()) == nil }
        let start = ContinuousClock.now
        try await askAll(coordination)
        #expect(ContinuousClock.now - start < .seconds(2), "calls waited for a server that is known to be away")
        try redis.start(port)
        try await coordination.waitUntilThere(within: .seconds(5))
        #expect(await coordination.leases.hold("sweep", until: now.adding(seconds: 9), now: now))
    }

    @Test("A server that hangs costs one call its time-out, hints a tenth of a second, and no call anything after that")
    func frozen() async throws {
        let (redis, port, url) = try await started()
        defer { withExtendedLifetime(redis) {} }
        let coordination = try await url.coordination(hintLimitMs: 100)
        _ = try await coordination.room.change(date, rules: rules())
        try await coordination.room.open(date, rules: rules(), firstNumber: 1)
        redis.freeze(port)
        let clock = ContinuousClock()
        let until = now.adding(seconds: 10)
        let gate = await clock.measure {
            #expect(await coordination.gate.close([seat], on: date, for: fan, until: until, now: now).isEmpty)
        }
        let key = RateKey(subject: .address("203.0.113.7"), route: "\(UUID())")
        let limiter = await clock.measure {
            #expect(await coordination.limiter.take(key, limit: RateLimit(perSecond: 1, burst: 2), now: now) == nil)
        }
        #expect(gate < .milliseconds(800) && limiter < .milliseconds(800), "\(gate), \(limiter)")
        let first = await clock.measure {
            await #expect(throws: Fault.self) { try await coordination.check() }
        }
        #expect(first < .seconds(3))
        // It is connected to again and again meanwhile, and takes each connection without a word.
        for _ in 0..<5 {
            let all = try await clock.measure { try await askAll(coordination) }
            #expect(all < .seconds(1), "calls waited for a server that is known to hang")
            try await Task.sleep(for: .milliseconds(400))
        }
        redis.thaw(port)
        try await coordination.waitUntilThere(within: .seconds(5))
        #expect(try await coordination.room.isActive(fan, on: date, now: now) == false)
    }

    @Test("Scripts that the server has forgotten are sent again, however many calls are under way")
    func forgottenScripts() async throws {
        let (redis, port, url) = try await started()
        defer { withExtendedLifetime(redis) {} }
        let coordination = try await url.coordination()
        let operation = try RedisOperator(port: port)
        let until = now.adding(seconds: 10)
        for round in 0..<5 {
            try await operation.tell("SCRIPT", "FLUSH")
            await withTaskGroup(of: Bool.self) { group in
                for index in 0..<200 as Range<UInt64> {
                    group.addTask {
                        let seat = SeatID(high: UInt64(round), low: index)
                        _ = await coordination.gate.close([seat], on: date, for: fan, until: until, now: now)
                        let other = UserID(high: 8, low: index)
                        return await coordination.gate.close([seat], on: date, for: other, until: until, now: now)
                            == [seat]
                    }
                }
                for await isClosed in group { #expect(isClosed) }
            }
        }
    }

    @Test("News and notices reach the other processes and not their sender; after a loss of the subscription, missed")
    func news() async throws {
        let (redis, port, url) = try await started()
        defer { withExtendedLifetime(redis) {} }
        let prefix = RedisUnderTest.newPrefix()
        let (one, other) = (
            try await url.coordination(prefix: prefix), try await url.coordination(prefix: prefix)
        )
        let (heard, own) = (Heard(other.news.arrivals()), Heard(one.news.arrivals()))
        let notices = HeardNotices(other.broadcast.notices(about: date))
        try await wait(until: "both are subscribed") { heard.all == [.missed] && own.all == [.missed] }

        let updates = (0..<5_500).map { ordinal in
            SeatUpdate(
                seatID: SeatID(high: 1, low: UInt64(ordinal)), state: SeatState.allCases[ordinal % 5],
                heldUntil: ordinal.isMultiple(of: 2) ? now : nil, version: Int64(ordinal) << 33)
        }
        one.news.send(.changed(date, updates))
        one.news.send(.replaced(date))
        one.broadcast.publish(.seats(ChangedSeats(previous: 0, version: 1, changes: [])), about: date)
        let figures = QueueFigures(
            waiting: 5, active: 6, calledUpTo: 7, admittedPerSecond: 0.5, isPaused: true, isSoldOut: false,
            hasDrawn: true)
        one.broadcast.publish(.queue(figures), about: date)
        one.broadcast.publish(.soldOut, about: date)
        try await wait(until: "all is heard") { heard.all.count == 5 && notices.all.count == 2 }
        #expect(heard.all[1...3].flatMap(\.updates) == updates)
        #expect(heard.all[4] == .replaced(date))
        #expect(notices.all == ["\(figures)", "sold out"])
        #expect(own.all == [.missed])

        redis.kill(port)
        // Lost: nobody can hear it.
        one.news.send(.replaced(date))
        try redis.start(port)
        try await wait(until: "the loss is noticed") { heard.all.count > 5 && own.all.count > 1 }
        #expect(heard.all[5] == .missed && own.all[1] == .missed)
        try await one.waitUntilThere()
        one.news.send(.replaced(DateID(high: 5, low: 5)))
        try await wait(until: "news go on") { heard.all.last == .replaced(DateID(high: 5, low: 5)) }
    }
}

/// What has arrived so far.
private final class Heard: Sendable {
    private let arrivals = Mutex<[SeatArrival]>([])

    var all: [SeatArrival] { arrivals.withLock { $0 } }

    init(_ stream: AsyncStream<SeatArrival>) {
        Task { [weak self] in
            for await arrival in stream { self?.arrivals.withLock { $0.append(arrival) } }
        }
    }
}

private final class HeardNotices: Sendable {
    private let notices = Mutex<[String]>([])

    var all: [String] { notices.withLock { $0 } }

    init(_ stream: AsyncStream<Notice>) {
        Task { [weak self] in
            for await notice in stream {
                let text =
                    switch notice {
                    case .queue(let figures): "\(figures)"
                    case .soldOut: "sold out"
                    case .seats, .mapReplaced: "seats"
                    }
                self?.notices.withLock { $0.append(text) }
            }
        }
    }
}

extension SeatArrival {
    fileprivate var updates: [SeatUpdate] {
        if case .changed(_, let updates) = self { updates } else { [] }
    }
}
