internal import Domain
internal import GRDB
internal import GRDBSQLite
public import Logging
public import Ports

/// The store of a single process: one SQLite file.
///
/// There is one connection that writes, and it alone checkpoints; all others are opened read-only, so SQLite itself
/// keeps them from doing either (docs/adr/0003-one-writing-connection.md). A lock on `<path>.lock` keeps a second
/// program from writing the same file.
///
/// Writes queue up on the writing connection and are never cancelled: whoever waits for a commit learns what became
/// of it.
public final class SQLiteStore: Store {
    public let path: String
    let clock: any WallClock
    let logger: Logger
    private let pool: DatabasePool
    /// Nil for a store that only reads.
    private let lock: FileLock?

    /// Opens the file, or makes it, for reading and writing. Nothing is in it before ``migrate()``.
    ///
    /// - Parameters:
    ///   - path: A file in a folder that exists. `:memory:` is not one.
    ///   - clock: What time a batch is decided at.
    ///   - readers: Connections that read at the same time: 1 or more.
    /// - Throws: A ``Fault`` whose reason is one line for whoever started the program: the file is in use, is not a
    ///   database, cannot be written …
    public convenience init(path: String, clock: any WallClock, readers: Int = 4, logger: Logger) throws(Fault) {
        let attempt = "open \(path)"
        if let reason = Fault.reasonNotToOpen(path) { throw Fault(.broken, attempt: attempt, reason: reason) }
        let lock: FileLock
        do throws(FileLock.Failure) {
            lock = try FileLock(path: path + ".lock")
        } catch {
            switch error {
            case .held(let holder):
                let who = holder.map { " (process \($0))" } ?? ""
                throw Fault(.unavailable, attempt: attempt, reason: "\(path) is in use by another jari\(who)")
            case .cannotOpen(let number):
                let reason = "\(path).lock cannot be written: \(Fault.systemMessage(number))"
                throw Fault(.broken, attempt: attempt, reason: reason)
            }
        }
        try self.init(path: path, clock: clock, readers: readers, lock: lock, logger: logger)
    }

    /// Opens an existing file for reading only, also while another program writes it: for `jari audit`.
    ///
    /// It takes no lock, never writes to the database and never checkpoints. Calls that would write throw.
    public convenience init(readingOnly path: String, clock: any WallClock, readers: Int = 4, logger: Logger)
        throws(Fault)
    {
        if let reason = Fault.reasonNotToOpen(path) {
            throw Fault(.broken, attempt: "open \(path)", reason: reason)
        }
        try self.init(path: path, clock: clock, readers: readers, lock: nil, logger: logger)
    }

    private init(path: String, clock: any WallClock, readers: Int, lock: FileLock?, logger: Logger) throws(Fault) {
        precondition(readers >= 1, "a store without readers")
        self.path = path
        self.clock = clock
        self.lock = lock
        self.logger = logger
        do {
            let configuration = ConnectionSettings.configuration(readers: readers, isReadOnly: lock == nil)
            let pool = try DatabasePool(path: path, configuration: configuration)
            if lock != nil { try pool.writeWithoutTransaction(ConnectionSettings.finishWriter) }
            self.pool = pool
            let isForeign = try pool.read(Schema.isForeign)
            guard !isForeign else {
                throw Fault(.broken, attempt: "open \(path)", reason: "\(path) is the database of another program")
            }
        } catch {
            throw Fault(error, attempt: "open \(path)", path: path)
        }
    }

    /// Ends all connections; calls after this one throw. Everything committed is then in the file itself, unless
    /// somebody is still reading it: then some of it stays in the log, and nothing is lost.
    public func close() throws(Fault) {
        do {
            if lock != nil { try emptyLog() }
            try pool.close()
        } catch {
            throw Fault(error, attempt: "close \(path)", path: path)
        }
        lock?.release()
    }

    /// GRDB closes the writing connection before the reading ones, which may not do this last checkpoint.
    private func emptyLog() throws {
        do {
            try pool.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            logger.info("somebody reads the database: its log stays", metadata: ["path": "\(path)"])
        }
    }

    /// Brings the schema to this program's version. A store that only reads checks that it is there.
    public func migrate() async throws(Fault) {
        let attempt = "migrate \(path)"
        let found = try await read(attempt, Schema.version)
        guard found <= Schema.version else {
            throw Fault(
                .broken, attempt: attempt,
                reason: "\(path) has schema version \(found), newer than version \(Schema.version) of this program")
        }
        guard found < Schema.version else { return }
        guard lock != nil else {
            throw Fault(
                .unavailable, attempt: attempt,
                reason: "\(path) has schema version \(found), this program needs \(Schema.version): run jari migrate")
        }
        do {
            // Blocks a thread for as long as the migration takes: once, at start, before anything is served.
            try Schema.migrator.migrate(pool)
        } catch {
            throw Fault(error, attempt: attempt, path: path)
        }
        logger.info("schema migrated", metadata: ["from": "\(found)", "to": "\(Schema.version)", "path": "\(path)"])
    }

    /// Whether the file can be read and, unless opened for reading only, its lock for writing be had.
    public func check() async throws(Fault) {
        let attempt = "check \(path)"
        let found = try await read(attempt, Schema.version)
        guard found == Schema.version else {
            throw Fault(.unavailable, attempt: attempt, reason: "\(path) is not migrated to \(Schema.version)")
        }
        if lock != nil { try await write(attempt) { _ in } }
    }

    // MARK: - The way to the connections

    /// Runs `body` in one transaction on the writing connection, after everything that was asked before.
    ///
    /// - Parameter attempt: What is tried, for the ``Fault``; made only when one is thrown.
    func write<Result: Sendable>(
        _ attempt: @autoclosure @escaping @Sendable () -> String,
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws(Fault) -> Result {
        let path = path
        // A continuation rather than GRDB's own async call: that one gives up a commit when its task is cancelled.
        let outcome: Swift.Result<Result, Fault> = await withCheckedContinuation { continuation in
            pool.asyncWriteWithoutTransaction { db in
                continuation.resume(returning: Self.transact(on: db, attempt: attempt, path: path, body))
            }
        }
        return try outcome.get()
    }

    /// `BEGIN IMMEDIATE`, the body, `COMMIT`. After any failure, one in `COMMIT` included, the connection is out of
    /// the transaction again.
    private static func transact<Result>(
        on db: Database, attempt: () -> String, path: String, _ body: (Database) throws -> Result
    ) -> Swift.Result<Result, Fault> {
        do {
            var result: Result?
            try db.inTransaction(.immediate) {
                result = try body(db)
                return .commit
            }
            guard let result else { preconditionFailure("a transaction that ran nothing") }
            return .success(result)
        } catch {
            return .failure(Fault(error, attempt: attempt(), path: path))
        }
    }

    /// Runs `body` on one snapshot of what is committed, beside whatever is being written.
    func read<Result: Sendable>(
        _ attempt: @autoclosure @escaping @Sendable () -> String,
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws(Fault) -> Result {
        let path = path
        let outcome: Swift.Result<Result, Fault> = await withCheckedContinuation { continuation in
            pool.asyncRead { db in
                do {
                    continuation.resume(returning: .success(try body(db.get())))
                } catch {
                    continuation.resume(returning: .failure(Fault(error, attempt: attempt(), path: path)))
                }
            }
        }
        return try outcome.get()
    }
}
