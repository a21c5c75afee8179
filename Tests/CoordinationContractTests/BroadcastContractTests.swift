import CoordinationInProcess
import CoordinationRedis
import Domain
import Ports
import Testing

/// A driver of the broadcast, and how to make one that keeps 4 notices for a slow listener.
struct BroadcastDriver: Sendable, CustomTestStringConvertible {
    let name: String
    let make: @Sendable () async throws -> any Broadcast

    var testDescription: String { name }

    static let all =
        [BroadcastDriver(name: "in process") { InProcessBroadcast(bufferedMax: 4) }]
        + RedisUnderTest.all.map { redis in
            BroadcastDriver(name: redis.name) { try await redis.coordination(noticesBufferedMax: 4).broadcast }
        }
}

@Suite("Every broadcast", .timeLimit(.minutes(1)))
struct BroadcastContractTests {
    private let date = DateID(high: 1, low: 1)
    private let other = DateID(high: 1, low: 2)

    @Test("All who listen to a date get its notices in order, and no others", arguments: BroadcastDriver.all)
    func order(driver: BroadcastDriver) async throws {
        let broadcast = try await driver.make()
        let listeners = [broadcast.notices(about: date), broadcast.notices(about: date)]
        broadcast.publish(.mapReplaced, about: other)
        for version in 1...3 as ClosedRange<Int64> {
            broadcast.publish(.seats(ChangedSeats(previous: version - 1, version: version, changes: [])), about: date)
        }
        for listener in listeners {
            #expect(await versions(of: listener, count: 3) == [1, 2, 3])
        }
    }

    @Test("A listener that is slow keeps the newest notices", arguments: BroadcastDriver.all)
    func slow(driver: BroadcastDriver) async throws {
        let broadcast = try await driver.make()
        let listener = broadcast.notices(about: date)
        for version in 1...10 as ClosedRange<Int64> {
            broadcast.publish(.seats(ChangedSeats(previous: version - 1, version: version, changes: [])), about: date)
        }
        #expect(await versions(of: listener, count: 4) == [7, 8, 9, 10])
    }

    private func versions(of listener: AsyncStream<Notice>, count: Int) async -> [Int64] {
        var versions: [Int64] = []
        for await notice in listener {
            switch notice {
            case .seats(let seats): versions.append(seats.version)
            case .mapReplaced, .queue, .soldOut: versions.append(-1)
            }
            if versions.count == count { break }
        }
        return versions
    }
}

@Suite("The broadcast in process", .timeLimit(.minutes(1)))
struct InProcessBroadcastTests {
    private let date = DateID(high: 1, low: 1)

    @Test("Listeners are counted until they stop, whether cancelled or dropped unread")
    func counting() async {
        let broadcast = InProcessBroadcast()
        do {
            let dropped = broadcast.notices(about: date)
            #expect(broadcast.listenerCount(of: date) == 1)
            _ = dropped
        }
        #expect(broadcast.listenerCount(of: date) == 0)

        let stream = broadcast.notices(about: date)
        let reader = Task {
            for await _ in stream {}
        }
        #expect(broadcast.listenerCount(of: date) == 1)
        reader.cancel()
        await reader.value
        #expect(broadcast.listenerCount(of: date) == 0)
        broadcast.publish(.soldOut, about: date)

        // Those who ended took nothing away from one who comes later.
        let later = broadcast.notices(about: date)
        broadcast.publish(.mapReplaced, about: date)
        var iterator = later.makeAsyncIterator()
        guard case .mapReplaced = await iterator.next() else {
            Issue.record("the later listener did not get the notice")
            return
        }
    }
}
