import CoordinationInProcess
import Domain
import Logging
import Ports
import Synchronization
import TestSupport

@testable import Engine

/// A ``World`` with a doorkeeper and a waiting room, as one process has them. Nothing moves but by the test.
struct DoorWorld: Sendable {
    let world: World
    let room: InProcessWaitingRoom
    let leases = InProcessLeases()
    let keeper: Doorkeeper

    static func run(_ plan: World.Plan = World.Plan(), _ body: (DoorWorld) async throws -> Void) async throws {
        try await World.run(plan) { world async throws in try await body(DoorWorld(world)) }
    }

    /// A process with memory of its own, on the world's store: what the one before becomes by a restart.
    init(_ world: World, room: InProcessWaitingRoom = InProcessWaitingRoom()) {
        self.room = room
        var logger = Logger(label: "jari.tests")
        logger.logLevel = .critical
        self.world = world
        keeper = Doorkeeper(
            engine: world.engine, store: world.store, room: room, broadcast: world.broadcast, leases: leases,
            clock: world.clock, logger: logger)
    }

    var now: Timestamp { world.clock.now() }

    func date() async throws -> ConcertDate {
        guard let date = try await world.store.date(world.date) else { throw Missing() }
        return date
    }

    func join(_ fan: UserID, bringing number: Int64? = nil) async throws -> QueuePlace? {
        room.join(world.date, fan: fan, bringing: number, now: now)
    }

    var figures: QueueFigures? { room.figures(of: world.date, now: now) }

    /// Has all fans wait, so that the next round lets them in.
    func pauseAndFill() async throws {
        try await change { $0.queue.isPaused = true }
        for fan in world.fans { _ = try await join(fan) }
        try await change { $0.queue.isPaused = false }
    }

    /// Changes the date in the store, and has the room follow.
    func change(_ change: @Sendable @escaping (inout ConcertDate) -> Void) async throws {
        let event = event(1_000_000 + UInt64.random(in: 0..<1_000_000_000))
        _ = try await world.store.change(world.date) { before in
            var date = before
            change(&date)
            return CatalogChange(date, event: event, action: nil)
        }
        try await keeper.open(world.date)
    }

    func publish(as status: Concert.Status) async throws {
        let event = event(2_000_000 + UInt64.random(in: 0..<1_000_000_000))
        _ = try await world.store.change(try await date().concertID) { before in
            var concert = before
            concert.status = status
            return CatalogChange(concert, event: event, action: nil)
        }
    }

    func event(_ number: UInt64) -> Event {
        Event(
            id: .sample(900 + number), kind: .dateChanged, subjectID: ID(world.date), version: 1, dateID: nil,
            userID: nil, amount: .zero, seats: [], at: now)
    }

    func listen(to date: DateID? = nil) -> Heard {
        Heard(world.broadcast.notices(about: date ?? world.date))
    }
}

struct Missing: Error {}

/// What a listener of a date has heard.
final class Heard: Sendable {
    private let notices = Mutex<[Notice]>([])
    private let listening: Mutex<Task<Void, Never>?> = Mutex(nil)

    init(_ stream: AsyncStream<Notice>) {
        let task = Task { [weak self] in
            for await notice in stream { self?.notices.withLock { $0.append(notice) } }
        }
        listening.withLock { $0 = task }
    }

    deinit {
        listening.withLock { $0?.cancel() }
    }

    /// All up to now: a mark is told, and whatever came before it is there when the mark is.
    func all(from door: DoorWorld, about date: DateID? = nil) async -> [Notice] {
        let mark = Int64.random(in: .min..<0)
        door.world.broadcast.publish(
            .seats(ChangedSeats(previous: mark, version: mark, changes: [])), about: date ?? door.world.date)
        _ = await eventually { self.notices.withLock { $0.contains { $0.mapVersion == mark } } }
        return notices.withLock { $0 }
    }
}

extension Notice {
    var isSoldOut: Bool {
        if case .soldOut = self { true } else { false }
    }

    var figures: QueueFigures? {
        if case .queue(let figures) = self { figures } else { nil }
    }

    fileprivate var mapVersion: Int64? {
        if case .seats(let changed) = self { changed.version } else { nil }
    }
}
