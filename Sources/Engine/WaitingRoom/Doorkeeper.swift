public import Domain
public import Logging
internal import Metrics
public import Ports
public import ServiceLifecycle
internal import Synchronization

/// Opens the waiting rooms of the dates on sale and lets fans in, as fast as each date's rules and seats allow.
public final class Doorkeeper: Service {
    private static let intervalMs = 100
    /// Everyone waiting learns how the queue moves this often.
    private static let figuresIntervalMs = 1_000
    private static let dateCountMax = 1_000
    /// Numbers claimed for a room at once: more than anyone joins until the next restart.
    private static let numberBlock: Int64 = 10_000_000

    private let engine: Engine
    private let store: any CatalogStore
    private let room: any WaitingRoom
    private let broadcast: any Broadcast
    private let leases: any Leases
    private let clock: any WallClock
    private let logger: Logger
    private let dates = Mutex<[DateID: Door]>([:])

    /// How long a room stays after its sale: those inside finish, and late askers are told.
    private static let keptOpenSeconds = 3 * 3600

    private struct Door {
        let openedAt: Timestamp
        var closesAt: Timestamp
        var isSoldOut = false
        var toldAt = Timestamp(milliseconds: 0)
    }

    public init(
        engine: Engine, store: any CatalogStore, room: any WaitingRoom, broadcast: any Broadcast, leases: any Leases,
        clock: any WallClock, logger: Logger
    ) {
        self.engine = engine
        self.store = store
        self.room = room
        self.broadcast = broadcast
        self.leases = leases
        self.clock = clock
        self.logger = logger
    }

    /// Opens the rooms of all dates that still sell or will. To be called before serving.
    public func openAll() async throws(Fault) {
        for date in try await store.dates(closingAfter: clock.now(), limit: Self.dateCountMax) {
            try await open(date)
        }
    }

    /// Opens a date's room, or changes its rules. The room of a cancelled date, or of a concert that is not published,
    /// is closed.
    public func open(_ date: ConcertDate) async throws(Fault) {
        let isPublished = try await store.concert(date.concertID)?.status == .published
        let closesAt = isPublished && !date.isCancelled ? date.saleClosesAt : date.createdAt
        let rules = WaitingRoomRules(
            settings: date.queue, opensAt: date.saleOpensAt, closesAt: closesAt, drawSeed: date.drawSeed)
        if try await !room.change(date.id, rules: rules) {
            let first = try await store.claimQueueNumbers(of: date.id, count: Self.numberBlock)
            try await room.open(date.id, rules: rules, firstNumber: first)
        }
        let now = clock.now()
        dates.withLock { dates in
            if dates[date.id] == nil { dates[date.id] = Door(openedAt: now, closesAt: closesAt) }
            dates[date.id]?.closesAt = closesAt
        }
    }

    /// Closes a date's room for good: the date is deleted.
    func close(_ date: DateID) async throws(Fault) {
        dates.withLock { _ = $0.removeValue(forKey: date) }
        try await room.close(date)
    }

    public func run() async throws {
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            let now = clock.now()
            if await leases.hold("doorkeeper", until: now.adding(seconds: 2), now: now) {
                for date in dates.withLock({ Array($0.keys) }) {
                    do throws(Fault) {
                        try await admit(to: date, at: now)
                    } catch {
                        logger.warning("admitting failed, trying again", metadata: ["fault": "\(error)"])
                    }
                }
            }
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .milliseconds(Self.intervalMs)) }
        }
    }

    private func admit(to date: DateID, at now: Timestamp) async throws(Fault) {
        guard let map = try await engine.seatMap(of: date) else { return try await close(date) }
        let seatsLeft = map.counts.available
        let admitted = try await room.admit(date, seatsLeft: seatsLeft, now: now)
        let (isNewlySoldOut, isDue, isOver) = dates.withLock { dates -> (Bool, Bool, Bool) in
            guard var door = dates[date] else { return (false, false, false) }
            let isSoldOut = seatsLeft == 0 && map.counts.total > 0
            let isNew = isSoldOut && !door.isSoldOut
            door.isSoldOut = isSoldOut
            let isDue = now.milliseconds(since: door.toldAt) >= Self.figuresIntervalMs
            if isDue { door.toldAt = now }
            dates[date] = door
            return (isNew, isDue, now >= max(door.closesAt, door.openedAt).adding(seconds: Self.keptOpenSeconds))
        }
        if isNewlySoldOut { broadcast.publish(.soldOut, about: date) }
        if admitted > 0 || isDue, let figures = try await room.figures(of: date, now: now) {
            broadcast.publish(.queue(figures), about: date)
        }
        if isOver { try await close(date) }
    }
}
