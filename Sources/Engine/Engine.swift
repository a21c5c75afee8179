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
    /// So many refusals mean that the map they were proposed from may lack something.
    private static let proposalsBeforeDoubt = 2

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

    private struct Item: Sendable {
        let submission: Submission
        /// How often seats were proposed to it that others had been quicker to take.
        var proposals = 0
        let continuation: CheckedContinuation<Answer, Never>
    }

    // MARK: Asking

    /// Has a command decided and committed. Returns after the commit. Cannot be cancelled: whoever goes away while a
    /// commit waits finds its answer under the idempotency key.
    public func submit(_ submission: Submission) async -> Answer {
        await withCheckedContinuation { continuation in
            if !lanes.queue(of: submission.fan).add(Item(submission: submission, continuation: continuation)) {
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

    /// Commands that wait now.
    public var queueLength: Int { lanes.count }

    // MARK: Seat maps

    /// The map of a date, loaded from the store the first time. Nil when there is no such date.
    public func seatMap(of date: DateID) async throws(Fault) -> SeatMap? {
        try await maps.map(of: date)
    }

    /// Has a date's map compared with the store, for it may have missed something.
    func doubtMap(of date: DateID) {
        maps.doubt(date)
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
                let following = Task { await maps.follow() }
                for queue in lanes.queues { group.addTask { await self.work(through: queue) } }
                await group.waitForAll()
                following.cancel()
            }
        } onGracefulShutdown: {
            self.lanes.close()
        }
    }

    private func work(through queue: WorkQueue<Item>) async {
        while let items = await queue.take(limit: Self.batchSizeMax) {
            metrics.queueLength.record(items.count + lanes.count)
            await commit(items, of: queue)
        }
    }

    private func commit(_ batch: [Item], of queue: WorkQueue<Item>) async {
        let jobs = await jobs(for: batch)
        let clock = ContinuousClock()
        let start = clock.now
        let result = await runner.run(jobs)
        metrics.record(batch: jobs.count, took: clock.now - start)
        // Before the callers are answered, so that everyone sees what they have just done.
        let notices = maps.show(result.seats)
        // What an unknown outcome changed cannot be told from the answers, so all maps are compared with the store.
        if result.mayHaveChangedMore { maps.compareEverywhere() }
        for (index, item) in batch.enumerated() {
            let answer = result.answers[index]
            if case .refused(.noSeatsLeft) = answer, jobs[index].command.hasProposals,
                item.proposals < Self.proposalsMax
            {
                proposeAgain(item, in: queue, unless: answer)
            } else {
                item.continuation.resume(returning: answer)
            }
        }
        for (date, notice) in notices { broadcast.publish(notice, about: date) }
        if result.eventCount > 0 || result.mayHaveChangedMore { relayNudge.wake() }
    }

    /// Puts a best-available hold that was refused into a later batch, after looking where the map may lack something.
    private func proposeAgain(_ item: Item, in queue: WorkQueue<Item>, unless refusal: Answer) {
        var again = item
        again.proposals += 1
        let (submission, next) = (item.submission, again)
        guard case .bestAvailable(let wish) = submission.work, next.proposals >= Self.proposalsBeforeDoubt else {
            if !queue.add(next) { item.continuation.resume(returning: refusal) }
            return
        }
        // The others of the next batch do not wait for it.
        Task {
            await maps.refresh(wish.dateID)
            if !queue.add(next) { next.continuation.resume(returning: refusal) }
        }
    }

    private func jobs(for items: [Item]) async -> [BatchRunner.Job] {
        var jobs: [BatchRunner.Job] = []
        jobs.reserveCapacity(items.count)
        var asked = AskedSeats()
        for item in items {
            let submission = item.submission
            let command: Command
            switch submission.work {
            case .command(let given):
                command = given
                asked.add(given)
            case .bestAvailable(let wish):
                command = .hold(await propose(for: wish, asked: &asked, refusalCount: item.proposals))
            }
            jobs.append(
                BatchRunner.Job(command: command, idempotency: submission.idempotency, encode: submission.encode))
        }
        return jobs
    }

    /// - Parameter refusalCount: How often others were quicker. A seat whose hold is over by this clock may not be by the
    ///   store's, so then seats that nobody holds come first.
    private func propose(for wish: BestAvailable, asked: inout AskedSeats, refusalCount: Int) async -> HoldSeats {
        var candidates: [[SeatID]] = []
        if let map = try? await maps.map(of: wish.dateID),
            let grade = map.layout.grades.firstIndex(where: { $0.name == wish.grade })
        {
            let avoided = asked.ordinals(in: map.layout)
            func proposed(avoiding: Set<Int>, at now: Timestamp) -> [[Int]] {
                map.proposals(grade: grade, count: wish.count, avoiding: avoiding, limit: 3, now: now)
            }
            let now = clock.now()
            var runs = refusalCount > 0 ? proposed(avoiding: avoided, at: Timestamp(milliseconds: 0)) : []
            if runs.isEmpty { runs = proposed(avoiding: avoided, at: now) }
            // What others of the batch ask for, they may be refused.
            if runs.isEmpty, !avoided.isEmpty { runs = proposed(avoiding: [], at: now) }
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
