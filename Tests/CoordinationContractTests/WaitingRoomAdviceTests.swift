import Domain
import Ports
import Testing

@Suite("Every waiting room tells fans when to come back")
struct WaitingRoomAdviceTests {
    @Test("The estimate follows the rate of admissions of late", arguments: WaitingRoomDriver.all)
    func estimate(driver: WaitingRoomDriver) async throws {
        var world = try await RoomWorld(driver, activeMax: 10_000, admitPerSecond: 10)
        try await world.admit(seatsLeft: 0)
        let fans = world.fans(1_000)
        for fan in fans { _ = try await world.join(fan) }
        try await world.admit()
        for fan in fans { _ = try await world.poll(fan) }
        // Staff opened the door wider than it is used: five a second come in.
        try await world.change { $0.settings.admitPerSecond = 5 }
        for _ in 0..<20 {
            world.pass(seconds: 1)
            try await world.admit()
        }
        try await world.change { $0.settings.admitPerSecond = 1_000 }
        let last = try #require(try await world.poll(fans[999]))
        let ahead = try #require(last.ahead)
        let estimate = try #require(last.estimatedWaitSeconds)
        #expect(ahead == 889)
        #expect(abs(estimate - 178) <= 10, "\(estimate)")
        #expect(abs(try await world.figures().admittedPerSecond - 5) <= 0.5)
    }

    @Test("Before any admission the estimate is what the rules allow", arguments: WaitingRoomDriver.all)
    func firstEstimate(driver: WaitingRoomDriver) async throws {
        var world = try await RoomWorld(driver, activeMax: 1_000, admitPerSecond: 4, opensInSeconds: 60)
        let fans = world.fans(41)
        for fan in fans { _ = try await world.join(fan) }
        world.pass(seconds: 60)
        var estimates: [Int] = []
        for fan in fans { estimates.append(try #require(try await world.poll(fan)?.estimatedWaitSeconds)) }
        #expect(estimates.min() == 1 && estimates.max() == 11)
    }

    @Test("Near the front fans ask every second, far back every ten", arguments: WaitingRoomDriver.all)
    func pollAfter(driver: WaitingRoomDriver) async throws {
        var world = try await RoomWorld(driver, activeMax: 1_000, admitPerSecond: 10)
        try await world.admit(seatsLeft: 0)
        let fans = world.fans(2_000)
        var advice: [Int] = []
        for fan in fans { advice.append(try await world.join(fan).pollAfterMs) }
        #expect(advice.first == 1_000 && advice.last == 10_000)
        #expect(zip(advice, advice.dropFirst()).allSatisfy { $0 <= $1 })
        try await world.admit()
        #expect(try await world.poll(fans[0])?.pollAfterMs == 5_000)
    }

    @Test(
        "Fans who gather come back spread out, never later than 30 seconds", arguments: WaitingRoomDriver.all,
        [3_600, 45, 20, 5, 1])
    func gathering(driver: WaitingRoomDriver, opensInSeconds: Int) async throws {
        var world = try await RoomWorld(driver, opensInSeconds: opensInSeconds)
        var seconds: [Int: Int] = [:]
        for fan in world.fans(1_000) {
            let afterMs = try await world.join(fan).pollAfterMs
            #expect((1_000...30_000).contains(afterMs))
            seconds[afterMs / 100, default: 0] += 1
        }
        #expect((seconds.values.max() ?? 0) < 250, "a quarter of all come within a tenth of a second")
    }
}
