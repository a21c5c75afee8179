public import Domain
public import Logging
internal import Metrics
public import Ports
public import ServiceLifecycle
internal import Synchronization

/// Commits sales. Everything that changes seats, reservations, payments, wallets or tickets passes through its queue
/// and is decided in batches by one loop; DESIGN section 2 says why.
///
/// It also keeps the seat maps, since they follow its commits.
public final class Engine: Service {
    /// The most commands of one batch.
    public static let batchSizeMax = 256
    /// How often best-available seats are proposed again when others were quicker.
    private static let proposalsMax = 8

    private let store: any Store
    private let runner: BatchRunner
    private let broadcast: any Broadcast
    private let clock: any WallClock
    private let logger: Logger
    private let queue: WorkQueue<Item>
    private let maps = Mutex(LoadedMaps())
    private let metrics = EngineMetrics()
    private let relayNudge: WakeUp

    /// - Parameters:
    ///   - queueCapacity: Commands that may wait. Past it callers are told that the engine is overloaded.
    ///   - relayNudge: Woken after each commit that left events.
    public init(
        store: any Store, broadcast: any Broadcast, clock: any WallClock,
        random: any RandomNumberGenerator & Sendable = PooledRandom(), queueCapacity: Int = 8_192,
        relayNudge: WakeUp = WakeUp(), logger: Logger
    ) {
        self.store = store
        self.broadcast = broadcast
        self.clock = clock
        self.logger = logger
        self.relayNudge = relayNudge
        runner = BatchRunner(store: store, random: random, logger: logger)
        queue = WorkQueue(capacity: queueCapacity)
    }

    private enum Item: Sendable {
        case submission(Submission, proposals: Int, CheckedContinuation<Answer, Never>)
        /// Something that must not run beside a batch.
        case alone(@Sendable () async -> Void)
    }

    private struct LoadedMaps: Sendable {
        var byDate: [DateID: SeatMap] = [:]
        /// Higher than any version of a map that was forgotten, so that versions grow whatever the clock does.
        var versionMin: Int64 = 0
    }

    // MARK: Asking

    /// Has a command decided and committed. Returns after the commit. Cannot be cancelled: whoever goes away while a
    /// commit waits finds its answer under the idempotency key.
    public func submit(_ submission: Submission) async -> Answer {
        await withCheckedContinuation { continuation in
            if !queue.add(.submission(submission, proposals: 0, continuation)) {
                metrics.overloads.increment()
                continuation.resume(returning: .overloaded)
            }
        }
    }

    /// Has several commands decided at once, as the sweeper does.
    func submit(internal commands: [Command]) async {
        await withTaskGroup(of: Void.self) { group in
            for command in commands { group.addTask { _ = await self.submit(Submission(internal: command)) } }
        }
    }

    /// Runs something in turn with the batches and never beside one: replacing seats, loading a map.
    ///
    /// - Returns: Nil when the engine is overloaded or has stopped.
    public func alone<Result: Sendable>(_ work: @Sendable @escaping () async -> Result) async -> Result? {
        await withCheckedContinuation { continuation in
            let isAdded = queue.add(.alone { continuation.resume(returning: await work()) })
            if !isAdded { continuation.resume(returning: nil) }
        }
    }

    /// Commands that wait now.
    public var queueLength: Int { queue.count }

    // MARK: Seat maps

    /// The map of a date, loaded from the store the first time. Nil when there is no such date.
    public func seatMap(of date: DateID) async throws(Fault) -> SeatMap? {
        if let map = maps.withLock({ $0.byDate[date] }) { return map }
        // Whether there is such a date is asked beside the batches: whoever asks for what is not there holds nobody up.
        guard try await store.date(date) != nil else { return nil }
        // In turn with the batches, so that no commit falls between reading the seats and following them.
        let loaded = await alone { await self.loadMap(of: date) }
        guard let loaded else { throw Fault(.unavailable, attempt: "load a seat map", reason: "the engine is busy") }
        return try loaded.get()
    }

    /// Forgets a date's map, so that it is loaded again. Only to be called ``alone(_:)``.
    func forgetMap(of date: DateID) {
        let version = maps.withLock { maps -> Int64? in
            guard let map = maps.byDate.removeValue(forKey: date) else { return nil }
            maps.versionMin = max(maps.versionMin, map.version + 1)
            return max(maps.versionMin, clock.now().milliseconds * 1000)
        }
        if let version { broadcast.publish(.mapReplaced(version: version), about: date) }
    }

    private func loadMap(of date: DateID) async -> Result<SeatMap?, Fault> {
        if let map = maps.withLock({ $0.byDate[date] }) { return .success(map) }
        do throws(Fault) {
            guard let found = try await store.date(date), let concert = try await store.concert(found.concertID) else {
                return .success(nil)
            }
            let seats = try await store.seats(of: date)
            let layout = SeatLayout(dateID: date, grades: found.grades, seats: seats)
            return .success(
                maps.withLock { maps in
                    let version = max(maps.versionMin, clock.now().milliseconds * 1000)
                    let map = SeatMap(
                        layout: layout, seats: seats.map(\.seat), isPublic: concert.status != .draft,
                        version: version)
                    maps.byDate[date] = map
                    return map
                })
        } catch {
            return .failure(error)
        }
    }

    // MARK: Committing

    /// Works until the queue is closed by a graceful shutdown, then finishes what was taken.
    public func run() async throws {
        await withGracefulShutdownHandler {
            while let items = await queue.take(limit: Self.batchSizeMax) {
                metrics.queueLength.record(items.count + queue.count)
                await work(through: items)
            }
        } onGracefulShutdown: {
            self.queue.close()
        }
    }

    /// Runs the submissions between one `alone` and the next as a batch.
    private func work(through items: [Item]) async {
        var batch: [(Submission, Int, CheckedContinuation<Answer, Never>)] = []
        for item in items {
            switch item {
            case .submission(let submission, let proposals, let continuation):
                batch.append((submission, proposals, continuation))
            case .alone(let work):
                await commit(batch)
                batch.removeAll()
                await work()
            }
        }
        await commit(batch)
    }

    private func commit(_ batch: [(Submission, Int, CheckedContinuation<Answer, Never>)]) async {
        guard !batch.isEmpty else { return }
        let jobs = await jobs(for: batch.map(\.0))
        let clock = ContinuousClock()
        let start = clock.now
        let result = await runner.run(jobs)
        metrics.record(batch: jobs.count, took: clock.now - start)
        let notices = show(result.seats)
        // What an unknown outcome changed cannot be told from the answers, so all maps are read again.
        if result.mayHaveChangedMore {
            for date in maps.withLock({ Array($0.byDate.keys) }) { forgetMap(of: date) }
        }
        for (index, (submission, proposals, continuation)) in batch.enumerated() {
            let answer = result.answers[index]
            if case .refused(.noSeatsLeft) = answer, jobs[index].command.hasProposals, proposals < Self.proposalsMax,
                queue.add(.submission(submission, proposals: proposals + 1, continuation))
            {
                continue
            }
            continuation.resume(returning: answer)
        }
        for (date, notice) in notices { broadcast.publish(notice, about: date) }
        if result.eventCount > 0 || result.mayHaveChangedMore { relayNudge.wake() }
    }

    /// Brings the maps up to date before the callers are answered, so that everyone sees what they have just done.
    private func show(_ seats: [Seat]) -> [(DateID, Notice)] {
        guard !seats.isEmpty else { return [] }
        let maps = maps.withLock { $0.byDate }
        return Dictionary(grouping: seats, by: \.dateID).compactMap { date, seats in
            maps[date]?.show(seats).map { (date, $0) }
        }
    }

    private func jobs(for submissions: [Submission]) async -> [BatchRunner.Job] {
        var jobs: [BatchRunner.Job] = []
        jobs.reserveCapacity(submissions.count)
        var asked = AskedSeats()
        for submission in submissions {
            let command: Command
            switch submission.work {
            case .command(let given):
                command = given
                asked.add(given)
            case .bestAvailable(let wish):
                command = .hold(await propose(for: wish, asked: &asked))
            }
            jobs.append(
                BatchRunner.Job(command: command, idempotency: submission.idempotency, encode: submission.encode))
        }
        return jobs
    }

    private func propose(for wish: BestAvailable, asked: inout AskedSeats) async -> HoldSeats {
        var candidates: [[SeatID]] = []
        if case .success(let map?) = await loadMap(of: wish.dateID),
            let grade = map.layout.grades.firstIndex(where: { $0.name == wish.grade })
        {
            let avoided = asked.ordinals(in: map.layout)
            func proposed(avoiding: Set<Int>) -> [[Int]] {
                map.proposals(grade: grade, count: wish.count, avoiding: avoiding, limit: 3, now: clock.now())
            }
            var runs = proposed(avoiding: avoided)
            // What others of the batch ask for, they may be refused.
            if runs.isEmpty, !avoided.isEmpty { runs = proposed(avoiding: []) }
            candidates = runs.map { run in run.map { map.layout.seatIDs[$0] } }
            asked.add(candidates.first ?? [], of: wish.dateID)
        }
        return HoldSeats(
            userID: wish.userID, dateID: wish.dateID,
            choice: .bestAvailable(count: wish.count, candidates: candidates), holdSeconds: wish.holdSeconds)
    }
}

/// The seats that commands of one batch ask for, so that best-available holds are proposed others.
private struct AskedSeats {
    private var seats: [DateID: [SeatID]] = [:]

    mutating func add(_ command: Command) {
        guard case .hold(let hold) = command, case .seats(let ids) = hold.choice else { return }
        add(ids, of: hold.dateID)
    }

    mutating func add(_ ids: [SeatID], of date: DateID) {
        seats[date, default: []] += ids
    }

    func ordinals(in layout: SeatLayout) -> Set<Int> {
        Set((seats[layout.dateID] ?? []).compactMap { layout.ordinals[$0] })
    }
}

extension Command {
    /// Whether this is a hold of seats that a map proposed.
    fileprivate var hasProposals: Bool {
        guard case .hold(let hold) = self, case .bestAvailable(_, let candidates) = hold.choice else { return false }
        return !candidates.isEmpty
    }
}
