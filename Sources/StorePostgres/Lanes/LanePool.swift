internal import Logging
internal import Ports
internal import Synchronization

/// Connections of one kind, each with a thread of its own that does nothing but drive it.
///
/// A thread a connection, rather than an event loop for all: between a batch's first answer and its second request lies
/// only the deciding, so the thread that has read the rows decides and sends, and no batch changes threads half-way.
final class LanePool: Sendable {
    struct Job: Sendable {
        /// Does the work, and returns what tells whoever asked. By then the connection counts as free.
        let run: @Sendable (Connection) -> @Sendable () -> Void
        let refuse: @Sendable (Fault) -> Void
    }

    private struct State {
        var roster: Roster<Job>
        var isStarted = false
        /// Since when each lane is at its job, by the monotonic clock.
        var busySinceMs: [Int?]
        var closing: [CheckedContinuation<Void, Never>] = []
    }

    /// How long an idle connection goes unwatched at most.
    private static let idleLookMs = 60_000

    let address: Address
    private let role: SessionRole
    private let timeline: PrimaryTimeline?
    private let logger: Logger
    private let doorbells: [Doorbell]
    private let state: Mutex<State>

    /// - Parameter timeline: What keeps its connections, and those of other pools, with one primary; nil for a pool that
    ///   may be with a standby.
    init(
        _ address: Address, role: SessionRole, count: Int, following timeline: PrimaryTimeline? = nil, logger: Logger
    ) {
        precondition(count >= 1, "a pool without connections")
        self.address = address
        self.role = role
        self.timeline = timeline
        self.logger = logger
        doorbells = (0..<count).map { _ in Doorbell() }
        state = Mutex(State(roster: Roster(count: count), busySinceMs: Array(repeating: nil, count: count)))
    }

    /// The first who asks for something starts the threads: before that there may be no schema to find.
    private func startOnce() {
        let isFirst = state.withLock { state in
            defer { state.isStarted = true }
            return !state.isStarted
        }
        guard isFirst else { return }
        for lane in doorbells.indices {
            let isStarted = SystemThread.start { self.drive(lane) }
            precondition(isStarted, "no threads are left for connections to PostgreSQL")
        }
    }

    // MARK: Asking

    /// Runs `body` on a connection of this pool, after what was asked before if none is free.
    ///
    /// Not cancelled with the task: whoever waits for a commit learns what became of it. After any failure the
    /// connection is out of its transaction again.
    func run<Result: Sendable>(
        _ attempt: @escaping @Sendable () -> String, _ body: @escaping @Sendable (Connection) throws -> Result
    ) async -> Swift.Result<Result, Fault> {
        let server = address.description
        return await withCheckedContinuation { continuation in
            submit(
                Job(
                    run: { connection in
                        do {
                            let result = try body(connection)
                            return { continuation.resume(returning: .success(result)) }
                        } catch {
                            if case Pipeline.Failure.refused(let refusal) = error, refusal.isReadOnlyServer {
                                connection.giveUp()
                            }
                            connection.rollBack()
                            let fault = Fault(error, attempt: attempt(), server: server)
                            return { continuation.resume(returning: .failure(fault)) }
                        }
                    },
                    refuse: { fault in
                        let named = Fault(fault.code, attempt: attempt(), reason: fault.reason)
                        continuation.resume(returning: .failure(named))
                    }))
        }
    }

    private func submit(_ job: Job) {
        startOnce()
        switch state.withLock({ $0.roster.submit(job) }) {
        case .waits: break
        case .wakes(let lane): doorbells[lane].ring()
        case .refused(let job, let fault): job.refuse(fault)
        }
    }

    /// How long the connection that has been at its job for longest has been; nil when none is at one.
    var busyForMs: Int? {
        state.withLock { $0.busySinceMs.compactMap { $0 }.min() }.map { Monotonic.nowMs - $0 }
    }

    /// Whether a connection has nothing to do.
    var hasIdle: Bool { state.withLock { $0.roster.hasIdle } }

    /// Tries to connect now where that failed before.
    func retryNow() {
        state.withLock { $0.roster.expectConnections() }
        for doorbell in doorbells { doorbell.ring() }
    }

    /// Ends when everything that was asked before is done.
    func close() async {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                state.roster.close()
                state.closing.append(continuation)
            }
            for doorbell in doorbells { doorbell.ring() }
            resumeIfDone()
        }
    }

    private func resumeIfDone() {
        let waiting = state.withLock { state in
            guard state.roster.isDone else { return [] as [CheckedContinuation<Void, Never>] }
            defer { state.closing.removeAll() }
            return state.closing
        }
        for continuation in waiting { continuation.resume() }
    }

    // MARK: A lane's thread

    private func drive(_ lane: Int) {
        var backoff = Backoff()
        var random = SystemRandomNumberGenerator()
        while true {
            let pauseMs = backoff.next(random: &random)
            if pauseMs > 0 { _ = doorbells[lane].sleep(limitMs: pauseMs) }
            if state.withLock({ $0.roster.shouldEnd(lane) }) { break }
            let outlook = state.withLock { $0.roster.outlook }
            do throws(Fault) {
                let connection = try Connection.ready(role, at: address, following: timeline) { fault in
                    logger.notice("a PostgreSQL server was not taken", metadata: ["fault": "\(fault)"])
                }
                if serve(lane, with: connection, used: { backoff.reset() }) { break }
                logger.warning("a connection to PostgreSQL was lost", metadata: ["server": "\(address.description)"])
                if let other = state.withLock({ $0.roster.lost(lane) }) { doorbells[other].ring() }
            } catch {
                logger.warning("cannot connect to PostgreSQL", metadata: ["fault": "\(error)"])
                let refused = state.withLock { $0.roster.couldNotConnect(lane, error, outlook: outlook) }
                for (job, fault) in refused { job.refuse(fault) }
            }
        }
        resumeIfDone()
    }

    /// Does what waits on a connection until it breaks or the pool is closed.
    ///
    /// - Parameter used: Called when the connection has proved good.
    /// - Returns: Whether the pool is closed.
    private func serve(_ lane: Int, with connection: Connection, used: () -> Void) -> Bool {
        while !connection.isLost {
            switch state.withLock({ $0.roster.next(for: lane) }) {
            case .end: return true
            case .run(let job):
                state.withLock { $0.busySinceMs[lane] = Monotonic.nowMs }
                let answer = job.run(connection)
                state.withLock { $0.busySinceMs[lane] = nil }
                answer()
                if !connection.isLost { used() }
            case .sleep:
                if doorbells[lane].sleep(watching: connection.socket, limitMs: Self.idleLookMs) {
                    connection.noticeIdleInput()
                }
            }
        }
        return false
    }
}
