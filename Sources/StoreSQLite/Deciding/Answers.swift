public import Domain
internal import GRDB
public import Ports

enum AnswerStatement: String, StatementSet {
    case byScope = "SELECT scope, request_hash, status, body, created_at FROM answers WHERE scope = ?"
    case insert = "INSERT INTO answers (scope, request_hash, status, body, created_at) VALUES (?, ?, ?, ?, ?)"
    case delete = "DELETE FROM answers WHERE scope = ?"
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
        try PreparedStatement(AnswerStatement.insert, on: db).run(scope, requestHash, status, body, createdAt)
    }
}

extension SQLiteStore {
    public func answer(_ scope: Digest) async throws(Fault) -> StoredAnswer? {
        try await read("read an idempotency record") { db in
            try PreparedStatement(AnswerStatement.byScope, on: db).first(scope) { try StoredAnswer($0) }
        }
    }

    public func forgetAnswers(before moment: Timestamp, limit: Int) async throws(Fault) -> Int {
        try await write("forget old idempotency records") { db in
            try PreparedStatement(AnswerStatement.forget, on: db).run(moment, limit)
        }
    }
}
