internal import Ports
internal import Synchronization

/// A standby that answers who browses, as long as it is fresh enough.
final class Replica: Sendable {
    /// What is older than this is not shown.
    static let lagMaxMs = 3_000
    /// How often the standby is compared with the primary.
    static let lookEveryMs = 1_000
    /// How long whoever changed something is answered by the primary: longer than the lag that is allowed.
    static let ownWriteMs = 5_000

    private struct State {
        var freshness = ReplicaFreshness()
        var lookedAtMs: Int?
        var wroteAtMs: Int?
    }

    let pool: LanePool
    private let state = Mutex(State())

    init(_ pool: LanePool) {
        self.pool = pool
    }

    /// Whoever has just changed the catalogue sees the change.
    func noteWrite() { state.withLock { $0.wroteAtMs = Monotonic.nowMs } }

    /// Whether this caller is the one to compare the standby with the primary now.
    func isLookDue() -> Bool {
        state.withLock { state in
            let now = Monotonic.nowMs
            if let last = state.lookedAtMs, now - last < Self.lookEveryMs { return false }
            state.lookedAtMs = now
            return true
        }
    }

    func note(primary: Int64, atMs: Int, replayed: Int64) {
        state.withLock { state in
            state.freshness.primary(isAt: primary, atMs: atMs)
            state.freshness.replica(hasReplayed: replayed)
        }
    }

    var isUsable: Bool {
        state.withLock { state in
            let now = Monotonic.nowMs
            if let wroteAt = state.wroteAtMs, now - wroteAt < Self.ownWriteMs { return false }
            return state.freshness.isFresh(atMs: now, lagMaxMs: Self.lagMaxMs)
        }
    }
}

enum ReplicaStatement: String, StatementSet {
    case written = "SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint"
    /// On what is no standby (any more) everything is there.
    case replayed = """
        SELECT (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END
            - '0/0'::pg_lsn)::bigint
        """
}

extension PostgresStore {
    /// Runs `body` on the replica when there is one that is fresh enough, else, or when it fails there, on the primary.
    func browse<Result: Sendable>(
        _ attempt: @autoclosure @escaping @Sendable () -> String, onReplica: Bool,
        _ body: @escaping @Sendable (Connection) throws -> Result
    ) async throws(Fault) -> Result {
        if onReplica, let replica, try await isUsable(replica),
            case .success(let result) = await replica.pool.run(
                attempt,
                { db in
                    try db.forgetOldPlans()
                    return try body(db)
                })
        {
            return result
        }
        return try await read(attempt(), body)
    }

    private func isUsable(_ replica: Replica) async throws(Fault) -> Bool {
        if replica.isLookDue() {
            let askedAtMs = Monotonic.nowMs
            let written = try await read("look at the primary's log") { db in
                try db.run(Request(ReplicaStatement.written)).first { try $0.integer(0) }
            }
            let replayed = await replica.pool.run({ "look at the replica's log" }) { db in
                try db.run(Request(ReplicaStatement.replayed)).first { try $0.integer(0) }
            }
            if let written, case .success(.some(let replayed)) = replayed {
                replica.note(primary: written, atMs: askedAtMs, replayed: replayed)
            }
        }
        return replica.isUsable
    }
}
