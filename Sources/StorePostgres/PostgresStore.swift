internal import Domain
public import Logging
public import Ports
internal import Synchronization

/// The store that several processes share: a PostgreSQL database, reached through libpq in pipeline mode.
///
/// A batch costs two round trips (docs/adr/0016-postgres-batches-in-two-round-trips.md). Batches have connections of
/// their own, the lanes; all other writes have another, so that a burst of registrations does not hold up the sale.
/// Reads have a pool, whose sessions cannot change anything.
///
/// Connections are made when they are first needed, and made again when they break. While the server is away, calls
/// fail at once with what the server or libpq said last.
public final class PostgresStore: Store, QueueJoinStore {
    private static let browserCount = 2
    /// How often a transaction is run again that another one got in the way of.
    private static let attemptsMax = 5
    /// How long all connections for writes may be at work before the server counts as away.
    private static let busyMaxMs = 10_000

    let address: Address
    /// What time a batch is decided at; nil for the server's own clock.
    let clock: (any WallClock)?
    let logger: Logger
    let isReadOnly: Bool
    private let lanes: LanePool
    private let desk: LanePool
    private let readers: LanePool
    let replica: Replica?
    /// Keeps all connections but the replica's with one primary.
    let timeline = PrimaryTimeline()
    /// What a statement failed of lately for want of space, until a write has found some.
    private let shortage = Mutex<Fault?>(nil)

    /// - Parameters:
    ///   - uri: libpq's own: `postgres://user@host:5432/jari?sslmode=verify-full`. Password, certificates and more may
    ///     also stand in libpq's environment variables and files.
    ///   - replica: A standby for browsing. What it answers may be a few seconds old; when it is older, or away, the
    ///     primary is asked.
    ///   - lanes: Batches that may be under way at the same time: 1 or more. More than one is for servers with cores of
    ///     their own (docs/adr/0014-lanes-by-fan.md).
    ///   - readers: Connections that read at the same time: 1 or more.
    ///   - desks: Connections for writes that are not batches: 1 or more.
    ///   - clock: Nil, the default, for the clock of the server, which all processes share. A test brings its own.
    ///   - isReadOnly: For `jari audit`: nothing is written or migrated, and a standby will do.
    /// - Throws: A ``Fault`` when an address is none. Nothing is connected yet.
    public init(
        _ uri: String, replica: String? = nil, lanes: Int = 1, readers: Int = 4, desks: Int = 2,
        clock: (any WallClock)? = nil, isReadOnly: Bool = false, logger: Logger
    ) throws(Fault) {
        let address = try Address(uri)
        self.address = address
        self.clock = clock
        self.logger = logger
        self.isReadOnly = isReadOnly
        self.lanes = LanePool(address, role: .writer, count: lanes, following: timeline, logger: logger)
        desk = LanePool(address, role: .writer, count: desks, following: timeline, logger: logger)
        self.readers = LanePool(
            address, role: isReadOnly ? .browser : .reader, count: readers, following: isReadOnly ? nil : timeline,
            logger: logger)
        self.replica = try replica.map { uri throws(Fault) in
            Replica(LanePool(try Address(uri), role: .browser, count: Self.browserCount, logger: logger))
        }
    }

    /// Ends all connections, after what was asked before; calls after this one throw.
    public func close() async {
        await lanes.close()
        await desk.close()
        await readers.close()
        await replica?.pool.close()
    }

    /// Whether the server is the primary, can be written, and has the schema of this program: all of which a lane
    /// checks when it connects, so it is enough to get an answer from one. After a write that found no space, also
    /// whether there is some now.
    ///
    /// A commit may wait for a standby for as long as that is away. This does not wait behind it: it is a reason not to
    /// be ready.
    public func check() async throws(Fault) { try await check(busyMaxMs: Self.busyMaxMs) }

    func check(busyMaxMs: Int) async throws(Fault) {
        let attempt = "check PostgreSQL at \(address.description)"
        for pool in [lanes, desk] {
            guard let busyMs = pool.busyForMs, busyMs >= busyMaxMs else { continue }
            throw Fault(
                .unavailable, attempt: attempt,
                reason: "\(address.description) has not answered for \(busyMs) ms: is a standby away?")
        }
        // They get their answers, so there is nothing to ask, and nothing is asked that would wait.
        if !isReadOnly, !desk.hasIdle, desk.busyForMs != nil {
            if let fault = shortage.withLock({ $0 }) { throw Fault(fault.code, attempt: attempt, reason: fault.reason) }
            return
        }
        let found =
            if isReadOnly {
                try await read(attempt) { db in try Self.look(db) }
            } else {
                try await desk.run({ attempt }) { db in try Self.look(db) }.get()
            }
        if found.isReadOnly, !isReadOnly {
            throw Fault(.unavailable, attempt: attempt, reason: "\(address.description) cannot be written now")
        }
        if let reason = Schema.reasonNotToUse(found.schema) {
            throw Fault(.unavailable, attempt: attempt, reason: "\(address.description) \(reason)")
        }
        if shortage.withLock({ $0 }) != nil {
            try await desk.run({ attempt }) { db in
                try db.transaction([Request(CheckStatement.takeSpace)]) { _ in ((), commit: nil) }
            }.get()
            shortage.withLock { $0 = nil }
        }
    }

    /// Whoever asks whether the program is ready does not wait for long.
    private static let checkLimitMs = 3_000

    private static func look(_ db: Connection) throws -> (isReadOnly: Bool, schema: Schema.Found) {
        let results = try db.exchange(
            [Request(CheckStatement.isReadOnly), Request(MigrationStatement.found)], limitMs: checkLimitMs)
        let isReadOnly = try results[0].first { try $0.bool(0) } ?? true
        return (isReadOnly, try results[1].first(Schema.Found.init) ?? .nothing)
    }

    /// Tries to connect now where that failed before.
    func retryNow() {
        for pool in [lanes, desk, readers] { pool.retryNow() }
    }

    // MARK: - The way to the connections

    /// Runs `body`, which begins and commits a transaction by itself, on a lane.
    ///
    /// It is run again when it lost to another transaction or when the connection broke before its commit: nothing has
    /// happened then. So the body must not keep anything from a run that failed.
    func onLane<Result: Sendable>(
        _ attempt: @autoclosure @escaping @Sendable () -> String,
        _ body: @escaping @Sendable (Connection) throws -> Result
    ) async throws(Fault) -> Result {
        try refuseIfReadOnly(attempt())
        return try await persistently(on: lanes, attempt, body)
    }

    /// The same on a connection for writes that are not batches.
    func write<Result: Sendable>(
        _ attempt: @autoclosure @escaping @Sendable () -> String,
        _ body: @escaping @Sendable (Connection) throws -> Result
    ) async throws(Fault) -> Result {
        try refuseIfReadOnly(attempt())
        return try await persistently(on: desk, attempt, body)
    }

    /// Runs `body` on a connection that sees everything committed before.
    func read<Result: Sendable>(
        _ attempt: @autoclosure @escaping @Sendable () -> String,
        _ body: @escaping @Sendable (Connection) throws -> Result
    ) async throws(Fault) -> Result {
        try await persistently(on: readers, attempt) { db in
            try db.forgetOldPlans()
            return try body(db)
        }
    }

    private func persistently<Result: Sendable>(
        on pool: LanePool, _ attempt: @escaping @Sendable () -> String,
        _ body: @escaping @Sendable (Connection) throws -> Result
    ) async throws(Fault) -> Result {
        var attempts = 1
        while true {
            // The outer result is whether the body is to be run again.
            let outcome = await pool.run(attempt) { db in
                do {
                    return Trial<Result>.done(try body(db))
                } catch let failure as Pipeline.Failure where failure.hadNoEffect {
                    db.rollBack()
                    return .again(Fault(failure, attempt: attempt(), server: pool.address.description))
                } catch let failure as Pipeline.Failure where failure.lacksResources {
                    let fault = Fault(failure, attempt: attempt(), server: pool.address.description)
                    self.shortage.withLock { $0 = fault }
                    throw failure
                }
            }
            switch try outcome.get() {
            case .done(let result): return result
            case .again(let fault):
                guard attempts < Self.attemptsMax else { throw fault }
                attempts += 1
            }
        }
    }

    private enum Trial<Result: Sendable>: Sendable {
        case done(Result)
        case again(Fault)
    }

    private func refuseIfReadOnly(_ attempt: @autoclosure () -> String) throws(Fault) {
        guard isReadOnly else { return }
        throw Fault(.broken, attempt: attempt(), reason: "the store was opened for reading only")
    }
}

enum CheckStatement: String, StatementSet {
    case isReadOnly = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean"
    /// A megabyte where the tables lie. It is rolled back.
    case takeSpace = """
        CREATE UNLOGGED TABLE space_probe AS SELECT lpad(i::text, 1000, '.') AS filler FROM generate_series(1, 1000) AS i
        """
}

extension Pipeline.Failure {
    /// Whether it is certain that nothing has happened, and the same transaction may just be run again.
    fileprivate var hadNoEffect: Bool {
        switch self {
        case .refused(let refusal): refusal.lostToAnother
        case .lost(_, let mayHaveCommitted): !mayHaveCommitted
        }
    }

    /// Whether the disk is full, or the server short of something else.
    fileprivate var lacksResources: Bool {
        if case .refused(let refusal) = self { refusal.state.hasPrefix("53") } else { false }
    }
}
