public import Domain
internal import GRDB
public import Ports

enum AnswerStatement: String, StatementSet {
    case byScope = "SELECT scope, request_hash, status, body, created_at FROM answers WHERE scope = ?"
    /// A record that is too old to count is replaced. One that counts is left, and no row changes.
    case insert = """
        INSERT INTO answers (scope, request_hash, status, body, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (scope) DO UPDATE
        SET request_hash = excluded.request_hash, status = excluded.status, body = excluded.body,
            created_at = excluded.created_at
        WHERE created_at <= excluded.created_at - ?6
        """
    /// Rows lie in order of time, so the old ones are at the front, and only `limit` rows there are looked at.
    case forget = """
        DELETE FROM answers
        WHERE position IN (SELECT position FROM answers ORDER BY position LIMIT ?2) AND created_at < ?1
        """
}

extension StoredAnswer {
    init(_ row: Columns) throws {
        self.init(
            scope: try row.digest(0), requestHash: try row.digest(1), status: row.int(2), body: row.bytes(3),
            createdAt: row.time(4))
    }

    func insert(on db: Database) throws {
        try insert(with: PreparedStatement(AnswerStatement.insert, on: db))
    }

    /// - Throws: A unique violation when the scope has an answer that counts: another copy of the request was first.
    func insert(with statement: borrowing PreparedStatement) throws {
        let keptMs = StoredAnswer.keptSeconds * 1000
        let changed = try statement.run(scope, requestHash, status, body, createdAt, keptMs)
        guard changed == 1 else {
            throw DatabaseError(
                resultCode: .SQLITE_CONSTRAINT_UNIQUE, message: "UNIQUE constraint failed: answers.scope")
        }
    }
}

extension SQLiteStore {
    public func answer(_ scope: Digest) async throws(Fault) -> StoredAnswer? {
        try await read("read an idempotency record") { db in
            try PreparedStatement(AnswerStatement.byScope, on: db).first(scope) { try StoredAnswer($0) }
        }
    }

    public func forgetAnswers(olderThanSeconds seconds: Int, limit: Int) async throws(Fault) -> Int {
        let moment = clock.now().adding(seconds: -seconds)
        return try await write("forget old idempotency records") { db in
            try PreparedStatement(AnswerStatement.forget, on: db).run(moment, limit)
        }
    }
}
