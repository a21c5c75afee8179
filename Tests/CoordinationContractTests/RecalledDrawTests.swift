import CoordinationInProcess
import Domain
import Ports
import Testing

/// A room in the memory of a process forgets its draw with it; what was kept is given back to the next one.
@Suite("A draw outlives the room that made it")
struct RecalledDrawTests {
    private static let driver = WaitingRoomDriver(name: "in process") { InProcessWaitingRoom() }

    /// A room that has drawn, its fans in order, and the room after a restart that was told what was drawn.
    private func restarted(fanCount: Int) async throws -> (order: [UserID], world: RoomWorld, draw: DrawResult) {
        var before = try await RoomWorld(Self.driver, activeMax: 1, opensInSeconds: 60)
        let fans = before.fans(fanCount)
        for fan in fans { _ = try await before.join(fan) }
        #expect(try await before.room.draw(of: before.date) == nil)
        before.pass(seconds: 60)
        #expect(try await before.figures().waiting == fanCount)
        let draw = try #require(try await before.room.draw(of: before.date))
        #expect(draw.lots.count == fanCount && draw.firstNumber == 1 && draw.lots == draw.lots.sorted())

        var after = try await RoomWorld(Self.driver, activeMax: 1, opensInSeconds: 60, firstNumber: 10_000)
        // The same seed makes the same fans: newcomers are others.
        _ = after.fans(fanCount)
        after.pass(seconds: 61)
        try await after.room.recall(draw, of: after.date)
        let order = Draw.order(fans: fans, seed: before.rules.drawSeed, date: before.date, hash: sha256)
        return (order, after, draw)
    }

    @Test("Tokens from before the draw, and accounts without a token, get the number that was drawn, in any order")
    func places() async throws {
        var (order, world, draw) = try await restarted(fanCount: 40)
        let late = world.fans(2)
        try await world.change { $0.settings.isPaused = true }
        #expect(try await world.join(late[0]).number == 10_000)
        for (index, fan) in order.enumerated().shuffled() {
            let place: QueuePlace?
            switch index % 3 {
            case 0: place = try await world.poll(fan, bringing: 0)
            case 1: place = try await world.join(fan, bringing: 0)
            default: place = try await world.join(fan)
            }
            #expect(place?.number == Int64(index + 1))
        }
        #expect(try await world.join(late[1], bringing: 0).number == 10_001)
        for (index, fan) in (order + late).enumerated() { #expect(try await world.poll(fan)?.ahead == index) }
        // What was recalled is still what to tell the next room.
        #expect(try await world.room.draw(of: world.date) == draw)
    }

    @Test("Who has had the turn does not get it again by a token from before the draw")
    func once() async throws {
        var (order, world, _) = try await restarted(fanCount: 3)
        for fan in order { _ = try await world.join(fan, bringing: 0) }
        #expect(try await world.isActive(order[0]))
        try await world.leave(order[0])
        #expect(try await world.poll(order[0], bringing: 0) == nil)
        #expect(try await world.join(order[0], bringing: 0).number == 10_000)
        world.pass(seconds: 1)
    }

    @Test("A draw of another seed, or one that comes after the room's own, changes nothing")
    func ignored() async throws {
        let (order, _, draw) = try await restarted(fanCount: 3)
        let other = try await RoomWorld(Self.driver, activeMax: 1, firstNumber: 500)
        try await other.room.recall(
            DrawResult(seed: [1], firstNumber: draw.firstNumber, lots: draw.lots), of: other.date)
        #expect(try await other.join(order[2]).number == 500)
        try await other.room.recall(draw, of: other.date)
        #expect(try await other.join(order[1]).number == 501)
    }
}
