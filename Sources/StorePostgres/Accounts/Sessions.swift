public import Domain
public import Ports

enum SessionStatement: String, StatementSet {
    case insert = "INSERT INTO sessions (id, user_id, refresh_token_hash, expires_at) VALUES ($1, $2, $3, $4)"
    case endOldest = """
        DELETE FROM sessions WHERE id IN (
            SELECT id FROM sessions WHERE user_id = $1 ORDER BY expires_at DESC, id DESC OFFSET $2)
        RETURNING id
        """
    case lock = "SELECT id, user_id, refresh_token_hash, expires_at FROM sessions WHERE id = $1 FOR UPDATE"
    case update = "UPDATE sessions SET refresh_token_hash = $1, expires_at = $2 WHERE id = $3"
    case delete = "DELETE FROM sessions WHERE id = $1"
    case forget = "DELETE FROM sessions WHERE expires_at < $1"
}

extension Session {
    init(_ row: Columns) throws {
        self.init(
            id: try row.id(0), userID: try row.id(1), refreshTokenHash: row.bytes(2), expiresAt: try row.time(3))
    }
}

extension PostgresStore {
    public func create(_ session: Session, sessionCountMax: Int) async throws(Fault) -> [ID<Session>] {
        try await write("create a session") { db in
            let results = try db.commit([
                Request(LockStatement.sessionsOfUser, session.userID),
                Request(
                    SessionStatement.insert, session.id, session.userID, session.refreshTokenHash, session.expiresAt),
                Request(SessionStatement.endOldest, session.userID, sessionCountMax),
            ])
            return try results[2].all { try $0.id(0) }
        }
    }

    public func rotate(
        _ session: ID<Session>, from presented: [UInt8], to next: [UInt8], expiresAt: Timestamp, now: Timestamp,
        againForSeconds: Int
    ) async throws(Fault) -> SessionRotation {
        try await write("rotate a session") { db in
            try db.transaction([Request(SessionStatement.lock, session)]) { results in
                guard var current = try results[0].first(Session.init) else {
                    return (SessionRotation.unknown, commit: nil)
                }
                if current.wasRotated(to: next, within: againForSeconds, of: expiresAt, now: now) {
                    return (.rotated(current), commit: nil)
                }
                guard current.refreshTokenHash == presented, current.expiresAt > now else {
                    return (.ended, commit: [Request(SessionStatement.delete, session)])
                }
                current.refreshTokenHash = next
                current.expiresAt = expiresAt
                return (.rotated(current), commit: [Request(SessionStatement.update, next, expiresAt, session)])
            }
        }
    }

    public func end(_ session: ID<Session>) async throws(Fault) {
        try await write("end a session") { db in
            _ = try db.commit([Request(SessionStatement.delete, session)])
        }
    }

    public func forgetSessions(expiredForSeconds seconds: Int) async throws(Fault) {
        try await write("forget old sessions") { db in
            _ = try db.commit([Request(SessionStatement.forget, try self.moment(seconds, agoOn: db))])
        }
    }
}
