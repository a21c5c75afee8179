public import Domain
public import Ports

enum AnswerStatement: String, StatementSet {
    case batch = "SELECT scope, request_hash, status, body, created_at FROM answers WHERE scope = ANY ($1)"
    case byScope = "SELECT scope, request_hash, status, body, created_at FROM answers WHERE scope = $1"
    /// In order of the scope, so that two batches with the same ones wait for each other one way round.
    case insert = """
        INSERT INTO answers (scope, request_hash, status, body, created_at)
        SELECT * FROM unnest($1, $2, $3, $4, $5) AS new (scope, request_hash, status, body, created_at)
        ORDER BY new.scope
        """
    /// Replaces records that are too old to count. One that counts is left, and is a conflict.
    case replace = """
        WITH saved AS (
            INSERT INTO answers AS kept (scope, request_hash, status, body, created_at)
            SELECT * FROM unnest($1, $2, $3, $4, $5) AS new (scope, request_hash, status, body, created_at)
            ORDER BY new.scope
            ON CONFLICT (scope) DO UPDATE
            SET request_hash = excluded.request_hash, status = excluded.status, body = excluded.body,
                created_at = excluded.created_at
            WHERE kept.created_at <= excluded.created_at - make_interval(secs => $6)
            RETURNING 1)
        SELECT expect_rows(count(*), $7, $8, 'requests were answered by another first') FROM saved
        """
    /// Writes to the log and to no table. The commit that follows waits for the log up to here, and so for every
    /// transaction that could be seen.
    case makeDurable = "SELECT pg_logical_emit_message(true, 'jari', ''::text)"
    case forget = """
        DELETE FROM answers WHERE scope IN (
            SELECT old.scope FROM answers AS old WHERE old.created_at < $1 ORDER BY old.created_at LIMIT $2)
        """
}

extension StoredAnswer {
    init(_ row: Columns) throws {
        self.init(
            scope: try row.digest(0), requestHash: try row.digest(1), status: try row.int(2), body: row.bytes(3),
            createdAt: try row.time(4))
    }

    /// Records of scopes that had none when they were read. If one has come since, the batch is run again.
    static func insert(_ rows: [StoredAnswer]) -> Request {
        Request(
            AnswerStatement.insert, Column(rows) { $0.scope }, Column(rows) { $0.requestHash },
            Column(rows) { $0.status }, Column(rows) { $0.body }, Column(rows) { $0.createdAt })
    }

    /// Records of scopes that may have one. The request fails as a conflict when one of them counts: another copy of
    /// the request was first.
    static func replace(_ rows: [StoredAnswer]) -> Request {
        Request(
            AnswerStatement.replace, Column(rows) { $0.scope }, Column(rows) { $0.requestHash },
            Column(rows) { $0.status }, Column(rows) { $0.body }, Column(rows) { $0.createdAt },
            Double(keptSeconds), rows.count, SQLError.changedByAnother)
    }
}

extension PostgresStore {
    public func answer(_ scope: Digest) async throws(Fault) -> StoredAnswer? {
        let found = try await read("read an idempotency record") { db in
            try db.run(Request(AnswerStatement.byScope, scope)).first(StoredAnswer.init)
        }
        // It will be given again, so it must be as durable as the first time. Usually there is none.
        if found != nil {
            try await write("wait for an idempotency record") { db in
                _ = try db.commit([Request(AnswerStatement.makeDurable)])
            }
        }
        return found
    }

    public func forgetAnswers(olderThanSeconds seconds: Int, limit: Int) async throws(Fault) -> Int {
        try await write("forget old idempotency records") { db in
            try db.commit([Request(AnswerStatement.forget, try self.moment(seconds, agoOn: db), limit)])[0].changed
        }
    }

    /// A moment so many seconds ago by the clock that batches are dated with: what is forgotten must not depend on the
    /// clock of the process that forgets it.
    func moment(_ seconds: Int, agoOn db: Connection) throws -> Timestamp {
        let now = try clock?.now() ?? db.run(Request(CatalogStatement.now)).first { try $0.time(0) }
        guard let now else { preconditionFailure("a server that does not say the time") }
        return now.adding(seconds: -seconds)
    }
}
