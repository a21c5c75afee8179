public import Domain
public import Logging
internal import Metrics
public import Ports
public import ServiceLifecycle
internal import Synchronization

/// Commits sales. Everything that changes seats, reservations, payments, wallets or tickets passes through its lanes
/// and is decided in batches, by one loop a lane; DESIGN section 2 says why.
///
/// It also keeps the seat maps, since they follow its commits and those that other processes tell of.
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
    private let lanes: Lanes<Item>
    let maps: SeatMaps
    private let metrics = EngineMetrics()
    private let relayNudge: WakeUp

    /// - Parameters:
    ///   - news: Where the seats that others changed come from. Nil when this is the only process on the store.
    ///   - laneCount: Batches that are committed beside each other: 1 for a store with one writing connection.
    ///   - queueCapacity: Commands that may wait. Past it callers are told that the engine is overloaded.
    ///   - relayNudge: Woken after each commit that left events.
    public init(
        store: any Store, broadcast: any Broadcast, news: (any SeatNews)? = nil, clock: any WallClock,
        random: any RandomNumberGenerator & Sendable = PooledRandom(), laneCount: Int = 1, queueCapacity: Int = 8_192,
        relayNudge: WakeUp = WakeUp(), logger: Logger
    ) {
        self.store = store
        self.broadcast = broadcast
        self.clock = clock
        self.logger = logger
        self.relayNudge = relayNudge
        runner = BatchRunner(store: store, random: random, logger: logger)
        lanes = Lanes(count: laneCount, capacity: queueCapacity)
        maps = SeatMaps(store: store, broadcast: broadcast, news: news, clock: clock, logger: logger)
    }

    private enum Item: Sendable {
        case submission(Submission, proposals: Int, CheckedContinuation<Answer, Never>)
        /// Something that must not run beside a batch.
        case alone(Barrier)
    }

    // MARK: Asking

    /// Has a command decided and committed. Returns after the commit. Cannot be cancelled: whoever goes away while a
    /// commit waits finds its answer under the idempotency key.
    public func submit(_ submission: Submission) async -> Answer {
        await withCheckedContinuation { continuation in
            if !lanes.queue(of: submission.fan).add(.submission(submission, proposals: 0, continuation)) {
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

    /// Runs something in turn with the batches of this process and never beside one: replacing seats.
    ///
    /// - Returns: Nil when the engine is overloaded or has stopped.
    public func alone<Result: Sendable>(_ work: @Sendable @escaping () async -> Result) async -> Result? {
        await withCheckedContinuation { continuation in
            let barrier = Barrier(count: lanes.queues.count) { continuation.resume(returning: await work()) }
            let isAdded = lanes.addToAll(.alone(barrier))
            if !isAdded { continuation.resume(returning: nil) }
        }
    }

    /// Commands that wait now.
    public var queueLength: Int { lanes.count }

    // MARK: Seat maps

    /// The map of a date, loaded from the store the first time. Nil when there is no such date.
    public func seatMap(of date: DateID) async throws(Fault) -> SeatMap? {
        try await maps.map(of: date)
    }

    /// Has a date's map loaded again, here and in other processes.
    func forgetMap(of date: DateID) {
        maps.replace(date)
    }

    // MARK: Committing

    /// Works until the lanes are closed by a graceful shutdown, then finishes what was taken.
    public func run() async throws {
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                let listening = Task { await maps.listen() }
                for queue in lanes.queues { group.addTask { await self.work(through: queue) } }
                await group.waitForAll()
                listening.cancel()
            }
        } onGracefulShutdown: {
            self.lanes.close()
        }
    }

    private func work(through queue: WorkQueue<Item>) async {
        while let items = await queue.take(limit: Self.batchSizeMax) {
            metrics.queueLength.record(items.count + lanes.count)
            await work(through: items, of: queue)
        }
    }

    /// Runs the submissions between one `alone` and the next as a batch.
    private func work(through items: [Item], of queue: WorkQueue<Item>) async {
        var batch: [(Submission, Int, CheckedContinuation<Answer, Never>)] = []
        for item in items {
            switch item {
            case .submission(let submission, let proposals, let continuation):
                batch.append((submission, proposals, continuation))
            case .alone(let barrier):
                await commit(batch, of: queue)
                batch.removeAll()
                await barrier.reach()
            }
        }
        await commit(batch, of: queue)
    }

    private func commit(
        _ batch: [(Submission, Int, CheckedContinuation<Answer, Never>)], of queue: WorkQueue<Item>
    ) async {
        guard !batch.isEmpty else { return }
        let jobs = await jobs(for: batch.map(\.0))
        let clock = ContinuousClock()
        let start = clock.now
        let result = await runner.run(jobs)
        metrics.record(batch: jobs.count, took: clock.now - start)
        // Before the callers are answered, so that everyone sees what they have just done.
        let notices = maps.show(result.seats)
        // What an unknown outcome changed cannot be told from the answers, so all maps are read again.
        if result.mayHaveChangedMore { maps.replaceAll() }
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
        if let map = try? await maps.map(of: wish.dateID),
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
