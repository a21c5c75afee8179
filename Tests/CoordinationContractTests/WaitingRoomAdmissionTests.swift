import Domain
import Ports
import Testing

@Suite("Every waiting room admits by its rules")
struct WaitingRoomAdmissionTests {
    @Test("Who comes when nobody waits and there is room is inside at once", arguments: WaitingRoomDriver.all)
    func atOnce(driver: WaitingRoomDriver) async throws {
        var world = try await RoomWorld(driver, activeMax: 2, admitPerSecond: 10, activeSeconds: 60)
        let fans = world.fans(3)
        for fan in fans.prefix(2) {
            let place = try await world.join(fan)
            #expect(place.status == .active && place.ahead == 0)
            #expect(place.expiresAt == world.now.adding(seconds: 60))
        }
        #expect(try await world.join(fans[2]).status == .waiting)
        // There is room again, but somebody waits: first come, first called.
        try await world.leave(fans[0])
        #expect(try await world.join(world.fans(1)[0]).status == .waiting)
        #expect(try await world.admit() == 1)
        #expect(try await world.isActive(fans[2]))
    }

    @Test(
        "A stay ends to the millisecond, joining again does not lengthen it, and after it the number is new",
        arguments: WaitingRoomDriver.all)
    func stay(driver: WaitingRoomDriver) async throws {
        var world = try await RoomWorld(driver, activeSeconds: 60)
        let fan = world.fans(1)[0]
        let first = try await world.join(fan)
        world.pass(seconds: 40)
        #expect(try await world.join(fan).expiresAt == first.expiresAt)
        #expect(try await world.poll(fan)?.expiresAt == first.expiresAt)
        world.now = world.now.adding(milliseconds: 19_999)
        #expect(try await world.isActive(fan))
        world.now = world.now.adding(milliseconds: 1)
        #expect(try await world.isActive(fan) == false)
        #expect(try await world.poll(fan) == nil)
        #expect(try await world.join(fan).number == 2)
    }

    @Test(
        "Never more inside than the maximum, never more let in over any window than the rate",
        arguments: WaitingRoomDriver.all, [(40, 7), (5, 100), (1_000, 13)])
    func limits(driver: WaitingRoomDriver, limits: (activeMax: Int, perSecond: Int)) async throws {
        var world = try await RoomWorld(
            driver, activeMax: limits.activeMax, admitPerSecond: limits.perSecond, activeSeconds: 30)
        var random = SplitMix(seed: 7)
        var letIn: [Int64] = []
        var inside: [UserID] = []
        for _ in 0..<1_500 {
            world.now = world.now.adding(milliseconds: .random(in: 0...120, using: &random))
            if random.chance(oneIn: 2) {
                for fan in world.fans(2) where try await world.join(fan).status == .active {
                    letIn.append(world.now.milliseconds)
                    inside.append(fan)
                }
            } else {
                let admitted = try await world.admit()
                letIn.append(contentsOf: repeatElement(world.now.milliseconds, count: admitted))
            }
            if random.chance(oneIn: 9), let leaver = inside.popLast() { try await world.leave(leaver) }
            #expect(try await world.figures().active <= limits.activeMax)
        }
        // The i-th and the j-th lie in a window of j - i + 1 admissions: a second's burst and the flow since.
        for first in letIn.indices {
            for last in first..<min(first + 400, letIn.count) {
                let most = Double(limits.perSecond) * (1 + Double(letIn[last] - letIn[first]) / 1000)
                #expect(Double(last - first + 1) <= most, "\(first) to \(last)")
            }
        }
        #expect(letIn.count > 15)
    }

    @Test(
        "Nobody is let in while paused, before opening, after closing or when nothing is left",
        arguments: WaitingRoomDriver.all)
    func closedDoors(driver: WaitingRoomDriver) async throws {
        var world = try await RoomWorld(driver, activeMax: 10, admitPerSecond: 10)
        let start = world.now
        try await world.change { $0.settings.isPaused = true }
        let fan = world.fans(1)[0]
        let place = try await world.join(fan)
        #expect(place.status == .waiting && place.estimatedWaitSeconds == nil)
        #expect(try await world.admit() == 0)
        #expect(try await world.figures().isPaused)

        try await world.change { $0.opensAt = start.adding(seconds: 1) }
        #expect(try await world.admit() == 0)
        try await world.change { $0.closesAt = start }
        #expect(try await world.admit() == 0)
        try await world.change { _ in }
        #expect(try await world.admit(seatsLeft: 0) == 0)
        #expect(try await world.join(world.fans(1)[0]).status == .waiting)
        #expect(try await world.admit(seatsLeft: 10) == 2)
        #expect(try await world.isActive(fan))
    }

    @Test("All who wait learn of sold out, and of seats that came back", arguments: WaitingRoomDriver.all)
    func soldOut(driver: WaitingRoomDriver) async throws {
        var world = try await RoomWorld(driver, activeMax: 1)
        let fans = world.fans(2)
        for fan in fans { #expect(try await world.join(fan).isSoldOut == false) }
        // All seats are held: nobody comes in, but some may come back, so nobody is told that waiting is pointless.
        try await world.admit(seatsLeft: 0)
        for fan in fans { #expect(try await world.poll(fan)?.isSoldOut == false) }
        #expect(try await world.figures().isSoldOut == false)
        #expect(try await world.poll(fans[1])?.estimatedWaitSeconds == nil)
        try await world.admit(seatsLeft: 0, isSoldOut: true)
        for fan in fans { #expect(try await world.poll(fan)?.isSoldOut == true) }
        #expect(try await world.figures().isSoldOut)
        #expect(try await world.poll(fans[1])?.estimatedWaitSeconds == nil)
        try await world.admit(seatsLeft: 1)
        for fan in fans { #expect(try await world.poll(fan)?.isSoldOut == false) }
    }

    @Test(
        "With few seats left no more come in than there is use for, and a sale is not stopped short",
        arguments: WaitingRoomDriver.all)
    func fewSeats(driver: WaitingRoomDriver) async throws {
        var world = try await RoomWorld(driver, activeMax: 1_000, admitPerSecond: 100)
        try await world.admit(seatsLeft: 5)
        for fan in world.fans(100) { _ = try await world.join(fan) }
        #expect(try await world.figures().active == 5)
        world.pass(seconds: 1)
        #expect(try await world.admit(seatsLeft: 5) == 0)
        // Three took their seats and stay inside to pay: two choose still, and two seats are left for them.
        #expect(try await world.admit(seatsLeft: 2) == 0)
        // Two seats come back: two more may come, though seven are inside then.
        #expect(try await world.admit(seatsLeft: 4) == 2)
        // Those who took nothing within ten seconds no longer count as choosing.
        world.pass(seconds: 11)
        #expect(try await world.admit(seatsLeft: 4) == 4)
        #expect(try await world.figures().active == 11)
    }

    @Test("A hundred concurrent callers never bring more inside than the maximum", arguments: WaitingRoomDriver.all)
    func concurrent(driver: WaitingRoomDriver) async throws {
        var world = try await RoomWorld(driver, activeMax: 20, admitPerSecond: 100_000)
        let fans = world.fans(2_000)
        let callers = world
        let places = try await withThrowingTaskGroup(of: [QueuePlace].self) { group in
            for share in 0..<100 {
                group.addTask {
                    var places: [QueuePlace] = []
                    for fan in fans[share * 20..<(share + 1) * 20] {
                        places.append(try await callers.join(fan))
                        try await callers.admit()
                    }
                    return places
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(places.map(\.number)) == Set(1...2_000))
        #expect(try await world.figures().active == 20)
        #expect(try await world.figures().waiting == 1_980)
    }
}
