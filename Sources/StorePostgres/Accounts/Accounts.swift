public import Domain
public import Ports

enum AccountStatement: String, StatementSet {
    case insert = """
        INSERT INTO users (id, email, name, role, password_hash, created_at) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (email) DO NOTHING
        """
    case byID = "SELECT id, email, name, role, created_at FROM users WHERE id = $1"
    case setRole = "UPDATE users SET role = $1 WHERE id = $2 RETURNING id, email, name, role, created_at"
    case byEmail = "SELECT id, email, name, role, created_at, password_hash FROM users WHERE email = $1"
}

extension User {
    init(_ row: Columns) throws {
        self.init(
            id: try row.id(0), email: row.text(1), name: row.text(2), role: try row.word(3),
            createdAt: try row.time(4))
    }
}

extension PostgresStore {
    public func create(_ user: User, passwordHash: String) async throws(Fault) -> Bool {
        try await write("create a user") { db in
            let inserted = try db.commit([
                Request(
                    AccountStatement.insert, user.id, user.email, user.name, user.role, passwordHash, user.createdAt)
            ])
            return inserted[0].changed == 1
        }
    }

    public func user(_ id: UserID) async throws(Fault) -> User? {
        try await read("read a user") { db in try db.run(Request(AccountStatement.byID, id)).first(User.init) }
    }

    public func setRole(_ role: User.Role, of user: UserID, action: StaffAction?) async throws(Fault) -> User? {
        try await write("set a user's role") { db in
            try db.transaction([Request(AccountStatement.setRole, role, user)]) { results in
                let changed = try results[0].first(User.init)
                return (changed, commit: changed == nil ? nil : StaffAction.insert([action]))
            }
        }
    }

    public func credentials(email: String) async throws(Fault) -> (user: User, passwordHash: String)? {
        try await read("read a user's credentials") { db in
            try db.run(Request(AccountStatement.byEmail, email)).first { (try User($0), $0.text(5)) }
        }
    }
}
