public import Domain
internal import GRDB
public import Ports

enum AccountStatement: String, StatementSet {
    case insert = """
        INSERT INTO users (id, email, name, role, password_hash, created_at) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (email) DO NOTHING
        """
    case byID = "SELECT id, email, name, role, created_at FROM users WHERE id = ?"
    case setRole = """
        UPDATE users SET role = ? WHERE id = ? RETURNING id, email, name, role, created_at
        """
    case byEmail = "SELECT id, email, name, role, created_at, password_hash FROM users WHERE email = ?"
}

extension User {
    init(_ row: Columns) throws {
        self.init(
            id: try row.id(0), email: row.text(1), name: row.text(2), role: try row.word(3), createdAt: row.time(4))
    }
}

extension SQLiteStore {
    public func create(_ user: User, passwordHash: String) async throws(Fault) -> Bool {
        try await write("create a user") { db in
            let inserted = try PreparedStatement(AccountStatement.insert, on: db)
                .run(user.id, user.email, user.name, user.role, passwordHash, user.createdAt)
            return inserted == 1
        }
    }

    public func user(_ id: UserID) async throws(Fault) -> User? {
        try await read("read a user") { db in
            try PreparedStatement(AccountStatement.byID, on: db).first(id, as: User.init)
        }
    }

    public func setRole(_ role: User.Role, of user: UserID, action: StaffAction?) async throws(Fault) -> User? {
        try await write("set a user's role") { db in
            let changed = try PreparedStatement(AccountStatement.setRole, on: db).first(role, user, as: User.init)
            if changed != nil { try action?.insert(on: db) }
            return changed
        }
    }

    public func credentials(email: String) async throws(Fault) -> (user: User, passwordHash: String)? {
        try await read("read a user's credentials") { db in
            try PreparedStatement(AccountStatement.byEmail, on: db).first(email) { (try User($0), $0.text(5)) }
        }
    }
}
