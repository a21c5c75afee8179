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
    private let rounds = Mutex(Rounds())

    /// How long a room stays after its sale: those inside finish, and late askers are told.
    private static let keptOpenSeconds = 3 * 3600
    /// Every room is told its rules again so often, whether they changed or not: what another process told it last may
    /// have been older.
    private static let rulesIntervalMs: Int64 = 10_000

    private struct Door {
        let openedAt: Timestamp
        /// When the date's own sale ends. Who waits keeps their place until then, also while the sale is withdrawn.
        var saleClosesAt: Timestamp
        /// What the room was told, and when.
        var rules: WaitingRoomRules
        var rulesToldAt: Timestamp
        var isSoldOut = false
        /// The seed of the draw that the store has.
        var keptSeed: [UInt8]?
        var toldAt = Timestamp(milliseconds: 0)
    }

    private struct Rounds {
        var lookedAt = Timestamp(milliseconds: 0)
        /// Dates that are looked after now. One that takes long holds up no other.
        var busy: Set<DateID> = []
        /// Dates off sale that have no room, and when that was seen.
        var closed: [DateID: (rules: WaitingRoomRules, at: Timestamp)] = [:]
        /// Dates whose last round failed: it is logged once.
        var failing: Set<DateID> = []
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

    /// Opens the rooms of all dates that sell or will. To be called before serving.
    public func openAll() async throws(Fault) {
        for (date, isOnSale) in try await store.dates(closingAfter: clock.now(), limit: Self.dateCountMax)
        where isOnSale {
            try await open(date.id)
        }
    }

    /// Opens a date's room, or changes its rules to those that the store has. The room of a date that does not sell,
    /// since it or its concert was cancelled or withdrawn, is closed; that of a date that is gone is forgotten.
    public func open(_ id: DateID) async throws(Fault) {
        var told: WaitingRoomRules?
        while true {
            guard let date = try await store.date(id), let concert = try await store.concert(date.concertID) else {
                return try await close(id)
            }
            let isOnSale = concert.status == .published && !date.isCancelled
            let rules = WaitingRoomRules(date, isOnSale: isOnSale)
            // What was told may have been read before somebody else's change, and told after it.
            if rules == told { return }
            try await open(id, rules, isOnSale: isOnSale, saleClosesAt: date.saleClosesAt)
            told = rules
        }
    }

    /// Has a date's room follow what was just committed. What cannot be done now is done by a later round.
    func follow(_ id: DateID) async {
        do throws(Fault) {
            try await open(id)
        } catch {
            logger.warning("a waiting room could not be told", metadata: ["fault": "\(error)", "date": "\(id)"])
        }
    }

    private func open(
        _ date: DateID, _ rules: WaitingRoomRules, isOnSale: Bool, saleClosesAt: Timestamp
    ) async throws(Fault) {
        var kept: DrawResult?
        if try await !room.change(date, rules: rules) {
            // Numbers are claimed for rooms that fans can wait in, and for no others: they are never given back.
            guard isOnSale else {
                dates.withLock { _ = $0.removeValue(forKey: date) }
                rounds.withLock { $0.closed[date] = (rules, clock.now()) }
                return
            }
            let first = try await store.claimQueueNumbers(of: date, count: Self.numberBlock)
            kept = try await store.keptDraw(of: date)
            try await room.open(date, rules: rules, firstNumber: first)
            if let kept { try await room.recall(kept, of: date) }
        }
        let now = clock.now()
        dates.withLock { dates in
            var door =
                dates[date] ?? Door(openedAt: now, saleClosesAt: saleClosesAt, rules: rules, rulesToldAt: now)
            door.saleClosesAt = saleClosesAt
            door.rules = rules
            door.rulesToldAt = now
            if let kept { door.keptSeed = kept.seed }
            dates[date] = door
        }
    }

    /// Closes a date's room for good: the date is deleted, or long over.
    private func close(_ date: DateID) async throws(Fault) {
        dates.withLock { _ = $0.removeValue(forKey: date) }
        engine.doubtMap(of: date)
        try await room.close(date)
    }

    public func run() async throws {
        await withDiscardingTaskGroup { group in
            while !Task.isShuttingDownGracefully, !Task.isCancelled {
                await startRound(in: &group)
                try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .milliseconds(Self.intervalMs)) }
            }
        }
    }

    /// One round, until all of it is done.
    func lookAfterAll() async {
        await withDiscardingTaskGroup { group in await startRound(in: &group) }
    }

    /// One round, if the rounds are this process's. A date whose round fails has another in the next.
    private func startRound(in group: inout DiscardingTaskGroup) async {
        let now = clock.now()
        guard await leases.hold("doorkeeper", until: now.adding(seconds: 2), now: now) else { return }
        let changed = await datesWithOtherRules(at: now)
        let all = dates.withLock { changed.union($0.keys) }
        for date in all where rounds.withLock({ $0.busy.insert(date).inserted }) {
            group.addTask {
                await self.lookAfter(date, hasOtherRules: changed.contains(date), at: now)
                self.rounds.withLock { _ = $0.busy.remove(date) }
            }
        }
    }

    private func lookAfter(_ date: DateID, hasOtherRules: Bool, at now: Timestamp) async {
        do throws(Fault) {
            if hasOtherRules { try await open(date) }
            guard dates.withLock({ $0[date] != nil }) else { return }
            try await admit(to: date, at: now)
            try await keepDraw(of: date)
            rounds.withLock { _ = $0.failing.remove(date) }
        } catch {
            guard rounds.withLock({ $0.failing.insert(date).inserted }) else { return }
            logger.warning(
                "looking after a waiting room failed, trying again",
                metadata: ["fault": "\(error)", "date": "\(date)"])
        }
    }

    /// Dates whose rooms have to be told something, now and then: this process or another made or changed them, or took
    /// them off sale.
    private func datesWithOtherRules(at now: Timestamp) async -> Set<DateID> {
        let isDue = rounds.withLock { rounds in
            guard now.milliseconds(since: rounds.lookedAt) >= Self.newDatesIntervalMs else { return false }
            rounds.lookedAt = now
            return true
        }
        guard isDue else { return [] }
        do throws(Fault) {
            let found = try await store.dates(closingAfter: now, limit: Self.dateCountMax)
            let known = Set(found.map(\.date.id))
            let told = rounds.withLock { rounds in
                rounds.closed = rounds.closed.filter { known.contains($0.key) }
                return rounds.closed
            }
            return dates.withLock { doors in
                let changed = found.filter { date, isOnSale in
                    let last = doors[date.id].map { ($0.rules, $0.rulesToldAt) } ?? told[date.id]
                    guard let last, last.0 == WaitingRoomRules(date, isOnSale: isOnSale) else { return true }
                    return now.milliseconds(since: last.1) >= Self.rulesIntervalMs
                }
                // Deleted, or moved into the past.
                let gone = doors.filter { !known.contains($0.key) && $0.value.saleClosesAt > now }
                return Set(changed.map(\.date.id)).union(gone.keys)
            }
        } catch {
            logger.warning("looking for new dates failed", metadata: ["fault": "\(error)"])
            return []
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
            let isOver = now >= max(door.saleClosesAt, door.openedAt).adding(seconds: Self.keptOpenSeconds)
            return (isNew, isDue, isOver)
        }
        if isNewlySoldOut { broadcast.publish(.soldOut, about: date) }
        if admitted > 0 || isDue, let figures = try await room.figures(of: date, now: now) {
            broadcast.publish(.queue(figures), about: date)
        }
        if isOver { try await close(date) }
    }
}

extension WaitingRoomRules {
    /// Those of a date. One that is not on sale has closed.
    fileprivate init(_ date: ConcertDate, isOnSale: Bool) {
        self.init(
            settings: date.queue, opensAt: date.saleOpensAt, closesAt: isOnSale ? date.saleClosesAt : date.createdAt,
            drawSeed: date.drawSeed)
    }
}
