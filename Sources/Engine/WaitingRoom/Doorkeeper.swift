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
    /// How soon a date is found that another process has made.
    private static let newDatesIntervalMs = 1_000
    /// Numbers claimed for a room at once: more than anyone joins until the next restart.
    private static let numberBlock: Int64 = 10_000_000

    private let engine: Engine
    private let store: any CatalogStore & DrawStore
    private let room: any WaitingRoom
    private let broadcast: any Broadcast
    private let leases: any Leases
    private let clock: any WallClock
    private let logger: Logger
    private let dates = Mutex<[DateID: Door]>([:])
    private let lookedAt = Mutex(Timestamp(milliseconds: 0))

    /// How long a room stays after its sale: those inside finish, and late askers are told.
    private static let keptOpenSeconds = 3 * 3600

    private struct Door {
        let openedAt: Timestamp
        var closesAt: Timestamp
        var isSoldOut = false
        /// The seed of the draw that the store has.
        var keptSeed: [UInt8]?
        var toldAt = Timestamp(milliseconds: 0)
    }

    public init(
        engine: Engine, store: any CatalogStore & DrawStore, room: any WaitingRoom, broadcast: any Broadcast,
        leases: any Leases,
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

    /// Opens a room again that has lost everything, with the rules that hold.
    public func reopen(_ id: DateID) async throws(Fault) {
        guard let date = try await store.date(id) else { return try await close(id) }
        try await open(date)
    }

    /// Learns of dates that another process has made or changed, now and then.
    private func openNewDates(at now: Timestamp) async {
        let isDue = lookedAt.withLock { lookedAt in
            defer { if now.milliseconds(since: lookedAt) >= Self.newDatesIntervalMs { lookedAt = now } }
            return now.milliseconds(since: lookedAt) >= Self.newDatesIntervalMs
        }
        guard isDue else { return }
        do throws(Fault) {
            for date in try await store.dates(closingAfter: now, limit: Self.dateCountMax)
            where dates.withLock({ $0[date.id]?.closesAt != date.saleClosesAt }) {
                try await open(date)
            }
        } catch {
            logger.warning("looking for new dates failed", metadata: ["fault": "\(error)"])
        }
    }

    /// Opens a date's room, or changes its rules. The room of a cancelled date, or of a concert that is not published,
    /// is closed.
    public func open(_ date: ConcertDate) async throws(Fault) {
        let isPublished = try await store.concert(date.concertID)?.status == .published
        let closesAt = isPublished && !date.isCancelled ? date.saleClosesAt : date.createdAt
        let rules = WaitingRoomRules(
            settings: date.queue, opensAt: date.saleOpensAt, closesAt: closesAt, drawSeed: date.drawSeed)
        var kept: DrawResult?
        if try await !room.change(date.id, rules: rules) {
            let first = try await store.claimQueueNumbers(of: date.id, count: Self.numberBlock)
            kept = try await store.keptDraw(of: date.id)
            try await room.open(date.id, rules: rules, firstNumber: first)
            if let kept { try await room.recall(kept, of: date.id) }
        }
        let now = clock.now()
        dates.withLock { dates in
            var door = dates[date.id] ?? Door(openedAt: now, closesAt: closesAt)
            door.closesAt = closesAt
            if let kept { door.keptSeed = kept.seed }
            dates[date.id] = door
        }
    }

    /// Closes a date's room for good: the date is deleted.
    func close(_ date: DateID) async throws(Fault) {
        dates.withLock { _ = $0.removeValue(forKey: date) }
        try await room.close(date)
    }

    public func run() async throws {
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            await lookAfterAll()
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .milliseconds(Self.intervalMs)) }
        }
    }

    /// One round, if the rounds are this process's. A date whose round fails has another in the next.
    func lookAfterAll() async {
        let now = clock.now()
        guard await leases.hold("doorkeeper", until: now.adding(seconds: 2), now: now) else { return }
        await openNewDates(at: now)
        for date in dates.withLock({ Array($0.keys) }) {
            do throws(Fault) {
                try await admit(to: date, at: now)
                try await keepDraw(of: date)
            } catch {
                logger.warning("admitting failed, trying again", metadata: ["fault": "\(error)"])
            }
        }
    }

    /// Writes what a room that forgets it has drawn: once a draw, whoever many took part.
    private func keepDraw(of date: DateID) async throws(Fault) {
        guard let draw = try await room.draw(of: date), !draw.lots.isEmpty,
            dates.withLock({ $0[date].map { $0.keptSeed != draw.seed } ?? false })
        else { return }
        try await store.keep(draw, of: date)
        dates.withLock { $0[date]?.keptSeed = draw.seed }
    }

    private func admit(to date: DateID, at now: Timestamp) async throws(Fault) {
        guard let map = try await engine.seatMap(of: date) else { return try await close(date) }
        let counts = map.counts
        let isSoldOut = counts.isSoldOut
        let admitted = try await room.admit(date, seatsLeft: counts.available, isSoldOut: isSoldOut, now: now)
        let (isNewlySoldOut, isDue, isOver) = dates.withLock { dates -> (Bool, Bool, Bool) in
            guard var door = dates[date] else { return (false, false, false) }
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
