public import Domain
internal import GRDB
public import Ports

enum SessionStatement: String, StatementSet {
    case insert = "INSERT INTO sessions (id, user_id, refresh_token_hash, expires_at) VALUES (?, ?, ?, ?)"
    case endOldest = """
        DELETE FROM sessions WHERE id IN (
            SELECT id FROM sessions WHERE user_id = ? ORDER BY expires_at DESC, id DESC LIMIT -1 OFFSET ?)
        RETURNING id
        """
    case byID = "SELECT id, user_id, refresh_token_hash, expires_at FROM sessions WHERE id = ?"
    case update = "UPDATE sessions SET refresh_token_hash = ?, expires_at = ? WHERE id = ?"
    case delete = "DELETE FROM sessions WHERE id = ?"
    case forget = "DELETE FROM sessions WHERE expires_at < ?"
}

extension Session {
    init(_ row: Columns) throws {
        self.init(
            id: try row.id(0), userID: try row.id(1), refreshTokenHash: row.bytes(2), expiresAt: row.time(3))
    }
}

extension SQLiteStore {
    public func create(_ session: Session, sessionCountMax: Int) async throws(Fault) -> [ID<Session>] {
        try await write("create a session") { db in
            try PreparedStatement(SessionStatement.insert, on: db)
                .run(session.id, session.userID, session.refreshTokenHash, session.expiresAt)
            return try PreparedStatement(SessionStatement.endOldest, on: db)
                .all(session.userID, sessionCountMax) { try $0.id(0) }
        }
    }

    public func rotate(
        _ session: ID<Session>, from presented: [UInt8], to next: [UInt8], expiresAt: Timestamp, now: Timestamp,
        againForSeconds: Int
    ) async throws(Fault) -> SessionRotation {
        try await write("rotate a session") { db in
            let found = try PreparedStatement(SessionStatement.byID, on: db).first(session, as: Session.init)
            guard var current = found else { return .unknown }
            if current.wasRotated(to: next, within: againForSeconds, of: expiresAt, now: now) {
                return .rotated(current)
            }
            guard current.refreshTokenHash == presented, current.expiresAt > now else {
                try PreparedStatement(SessionStatement.delete, on: db).run(session)
                return .ended
            }
            current.refreshTokenHash = next
            current.expiresAt = expiresAt
            try PreparedStatement(SessionStatement.update, on: db).run(next, expiresAt, session)
            return .rotated(current)
        }
    }

    public func end(_ session: ID<Session>) async throws(Fault) {
        try await write("end a session") { db in
            _ = try PreparedStatement(SessionStatement.delete, on: db).run(session)
        }
    }

    public func forgetSessions(expiredForSeconds seconds: Int) async throws(Fault) {
        let moment = clock.now().adding(seconds: -seconds)
        try await write("forget old sessions") { db in
            _ = try PreparedStatement(SessionStatement.forget, on: db).run(moment)
        }
    }
}
