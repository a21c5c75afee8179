import Domain
import Ports
import Testing

@Suite("Every waiting room keeps order")
struct WaitingRoomOrderTests {
    @Test("A place belongs to the account: joining again gives the same one", arguments: WaitingRoomDriver.all)
    func samePlace(driver: WaitingRoomDriver) async throws {
        var world = try await RoomWorld(driver, activeMax: 1)
        let fans = world.fans(3)
        for fan in fans { _ = try await world.join(fan) }
        let first = try await world.join(fans[2])
        world.pass(seconds: 20)
        let second = try await world.join(fans[2])
        #expect(first.status == .waiting)
        #expect(first.number == 3 && second.number == 3)
        #expect(first.ahead == 1 && second.ahead == 1)
        #expect(second.expiresAt == world.now.adding(seconds: 1800))
    }

    @Test("Numbers are never given twice, whoever leaves or is forgotten", arguments: WaitingRoomDriver.all)
    func neverReused(driver: WaitingRoomDriver) async throws {
        var world = try await RoomWorld(driver, activeMax: 50, admitPerSecond: 50, activeSeconds: 30)
        var given: [Int64] = []
        for round in 0..<40 {
            for fan in world.fans(20) {
                given.append(try await world.join(fan).number)
                if round.isMultiple(of: 3) { try await world.leave(fan) }
            }
            world.pass(seconds: round.isMultiple(of: 5) ? 31 : 1)
            try await world.admit()
        }
        #expect(zip(given, given.dropFirst()).allSatisfy { $0 < $1 }, "\(given)")
    }

    @Test(
        "Fans who came before opening are called in the order that anyone can compute", arguments: WaitingRoomDriver.all
    )
    func draw(driver: WaitingRoomDriver) async throws {
        var world = try await RoomWorld(driver, activeMax: 1_000, admitPerSecond: 1_000, opensInSeconds: 60)
        let early = world.fans(200)
        for fan in early {
            let place = try await world.join(fan)
            #expect(place.number == 0 && place.ahead == nil && place.status == .waiting)
            #expect(place.estimatedWaitSeconds == nil)
            #expect(place.expiresAt == world.rules.opensAt.adding(seconds: 1800))
        }
        world.pass(seconds: 59)
        #expect(try await world.admit() == 0)
        #expect(try await world.figures().waiting == 200)
        try await world.leave(early[7])
        world.pass(seconds: 1)
        let late = world.fans(1)[0]
        #expect(try await world.join(late).number == 200)

        let drawn = early.filter { $0 != early[7] }
        let order = Draw.order(fans: drawn, seed: world.rules.drawSeed, date: world.date, hash: sha256)
        #expect(order != drawn)
        for (index, fan) in order.enumerated() {
            let place = try #require(try await world.poll(fan))
            #expect(place.number == Int64(index + 1))
            #expect(place.ahead == index)
        }
    }

    @Test(
        "A room says that it has drawn from its opening on, whether anybody came or not, and with a new seed anew",
        arguments: WaitingRoomDriver.all, [0, 3])
    func hasDrawn(driver: WaitingRoomDriver, fanCount: Int) async throws {
        var world = try await RoomWorld(driver, opensInSeconds: 60)
        for fan in world.fans(fanCount) { _ = try await world.join(fan) }
        world.pass(seconds: 59)
        #expect(try await world.figures().hasDrawn == false)
        world.pass(seconds: 1)
        #expect(try await world.figures().hasDrawn)
        let reopensAt = world.now.adding(seconds: 60)
        try await world.change {
            $0.drawSeed = [9]
            $0.opensAt = reopensAt
        }
        #expect(try await world.figures().hasDrawn == false)
        world.pass(seconds: 60)
        #expect(try await world.figures().hasDrawn)
    }

    @Test("The draw uses the seed that holds at opening", arguments: WaitingRoomDriver.all)
    func changedSeed(driver: WaitingRoomDriver) async throws {
        var world = try await RoomWorld(driver, opensInSeconds: 60)
        let early = world.fans(50)
        for fan in early { _ = try await world.join(fan) }
        let seed: [UInt8] = [1, 2, 3]
        try await world.change { $0.drawSeed = seed }
        world.pass(seconds: 60)
        for (index, fan) in Draw.order(fans: early, seed: seed, date: world.date, hash: sha256).enumerated() {
            #expect(try await world.poll(fan)?.number == Int64(index + 1))
        }
    }

    @Test("An opening that is moved after the draw leaves the order as it is", arguments: WaitingRoomDriver.all)
    func movedOpening(driver: WaitingRoomDriver) async throws {
        var world = try await RoomWorld(driver, opensInSeconds: 10)
        let early = world.fans(20)
        for fan in early { _ = try await world.join(fan) }
        world.pass(seconds: 10)
        let order = Draw.order(fans: early, seed: world.rules.drawSeed, date: world.date, hash: sha256)
        #expect(try await world.poll(order[5])?.number == 6)

        let later = world.now.adding(seconds: 300)
        try await world.change { $0.opensAt = later }
        #expect(try await world.admit() == 0)
        #expect(try await world.join(world.fans(1)[0]).number == 21)
        world.pass(seconds: 300)
        #expect(try await world.admit() == 2)
        #expect(try await world.isActive(order[0]))
        #expect(try await world.poll(order[5])?.number == 6)
    }

    @Test(
        "A new seed after the draw is for a new one: who has a number keeps it, who comes now is drawn behind them",
        arguments: WaitingRoomDriver.all)
    func secondDraw(driver: WaitingRoomDriver) async throws {
        var world = try await RoomWorld(driver, activeMax: 1, opensInSeconds: 10)
        let first = world.fans(5)
        for fan in first { _ = try await world.join(fan) }
        world.pass(seconds: 10)
        for fan in first { #expect(try await world.poll(fan).map { (1...5).contains($0.number) } == true) }

        let seed: [UInt8] = [4, 5, 6]
        let later = world.now.adding(seconds: 300)
        try await world.change {
            $0.drawSeed = seed
            $0.opensAt = later
        }
        let second = world.fans(30)
        for fan in second { #expect(try await world.join(fan).number == 0) }
        world.pass(seconds: 300)
        for fan in first { #expect(try await world.poll(fan).map { (1...5).contains($0.number) } == true) }
        let order = Draw.order(fans: second, seed: seed, date: world.date, hash: sha256)
        #expect(order != second)
        for (index, fan) in order.enumerated() { #expect(try await world.poll(fan)?.number == Int64(index + 6)) }
    }

    @Test("Who is called and goes straight to the seats is not passed over", arguments: WaitingRoomDriver.all)
    func holdingIsAnAnswer(driver: WaitingRoomDriver) async throws {
        var world = try await RoomWorld(driver, activeMax: 1, admitPerSecond: 1, activeSeconds: 60)
        let fans = world.fans(3)
        for fan in fans { _ = try await world.join(fan) }
        try await world.leave(fans[0])
        world.pass(seconds: 1)
        #expect(try await world.admit() == 1)
        world.pass(seconds: 29)
        #expect(try await world.isActive(fans[1]))
        world.pass(seconds: 30)
        #expect(try await world.isActive(fans[1]))
        #expect(try await world.admit() == 0)
        // The stay ends when it would have ended: the question makes it no longer.
        world.pass(seconds: 1)
        #expect(try await world.isActive(fans[1]) == false)
        // Nobody was called who only waits.
        #expect(try await world.isActive(fans[2]) == false)
    }

    @Test(
        "Who is called and does not answer is passed over, keeps the number, and is called next",
        arguments: WaitingRoomDriver.all)
    func passedOver(driver: WaitingRoomDriver) async throws {
        var world = try await RoomWorld(driver, activeMax: 1, admitPerSecond: 1)
        let fans = world.fans(4)
        for fan in fans { _ = try await world.join(fan) }
        try await world.leave(fans[0])
        world.pass(seconds: 1)
        #expect(try await world.admit() == 1)
        world.now = world.now.adding(milliseconds: 29_999)
        #expect(try await world.figures().active == 1)
        world.now = world.now.adding(milliseconds: 1)
        #expect(try await world.figures().active == 0)
        #expect(try await world.isActive(fans[1]) == false)
        #expect(try await world.admit() == 1)
        #expect(try await world.isActive(fans[2]))
        #expect(try await world.poll(fans[2])?.status == .active)

        let back = try #require(try await world.poll(fans[1]))
        #expect(back.status == .waiting && back.number == 2 && back.ahead == 0)
        #expect(try await world.poll(fans[3])?.ahead == 1)
        try await world.leave(fans[2])
        world.pass(seconds: 1)
        #expect(try await world.admit() == 1)
        #expect(try await world.poll(fans[1])?.status == .active)
    }

    @Test(
        "A place is kept for half an hour without a sign, and its number for six hours more",
        arguments: WaitingRoomDriver.all)
    func keeping(driver: WaitingRoomDriver) async throws {
        var world = try await RoomWorld(driver, activeMax: 1, activeSeconds: 7_200)
        let fans = world.fans(3)
        for fan in fans { _ = try await world.join(fan) }
        world.pass(seconds: 1_799)
        #expect(try await world.poll(fans[2])?.ahead == 1)
        world.pass(seconds: 1)
        #expect(try await world.poll(fans[2])?.ahead == 0)
        #expect(try await world.poll(fans[1])?.number == 2)
        #expect(try await world.poll(fans[2])?.ahead == 1)

        world.pass(seconds: 1_800)
        #expect(try await world.figures().waiting == 0)
        world.pass(seconds: 6 * 3600 - 1)
        #expect(try await world.poll(fans[1])?.number == 2)
        world.pass(seconds: 1)
        #expect(try await world.poll(fans[2]) == nil)
    }

    @Test(
        "After a restart a fan who brings a number gets it back, and it is never given to another",
        arguments: WaitingRoomDriver.all)
    func bringing(driver: WaitingRoomDriver) async throws {
        var world = try await RoomWorld(driver, activeMax: 1, firstNumber: 10)
        let fans = world.fans(8)
        #expect(try await world.join(fans[0]).number == 10)
        #expect(try await world.poll(fans[1], bringing: 700)?.number == 700)
        #expect(try await world.join(fans[2], bringing: 3).number == 3)
        #expect(try await world.poll(fans[1])?.ahead == 1)
        // Somebody's already, from before the draw, and impossible: the next numbers instead.
        #expect(try await world.join(fans[3], bringing: 700).number == 701)
        #expect(try await world.join(fans[4], bringing: 0).number == 702)
        #expect(try await world.join(fans[5], bringing: .max).number == 703)
        #expect(try await world.join(fans[6], bringing: -4).number == 704)
        #expect(try await world.poll(fans[7], bringing: 0) == nil)
    }

    @Test(
        "A number whose fan was inside or left is used up: the old token brings nothing",
        arguments: WaitingRoomDriver.all)
    func usedUp(driver: WaitingRoomDriver) async throws {
        var world = try await RoomWorld(driver, activeMax: 1, activeSeconds: 60)
        let fans = world.fans(3)
        #expect(try await world.join(fans[0]).status == .active)
        _ = try await world.join(fans[1])
        _ = try await world.join(fans[2])
        try await world.leave(fans[1])
        world.pass(seconds: 60)
        #expect(try await world.poll(fans[0], bringing: 1) == nil)
        #expect(try await world.poll(fans[1], bringing: 2) == nil)
        let again = try await world.join(fans[0], bringing: 1)
        #expect(again.number == 4 && again.ahead == 1)
    }

    @Test("A date without a room has no places and no figures", arguments: WaitingRoomDriver.all)
    func noRoom(driver: WaitingRoomDriver) async throws {
        let world = try await RoomWorld(driver)
        var random = SplitMix(seed: 99)
        let other: DateID = random.id()
        let fan: UserID = random.id()
        #expect(try await world.room.join(other, fan: fan, bringing: nil, now: world.now) == nil)
        #expect(try await world.room.place(of: fan, on: other, bringing: 5, now: world.now) == nil)
        #expect(try await world.room.isActive(fan, on: other, now: world.now) == false)
        #expect(try await world.room.admit(other, seatsLeft: 10, isSoldOut: false, now: world.now) == 0)
        #expect(try await world.room.figures(of: other, now: world.now) == nil)
    }
}
