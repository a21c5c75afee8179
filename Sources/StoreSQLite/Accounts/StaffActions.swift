public import Domain
internal import GRDB
public import Ports

enum StaffActionStatement: String, StatementSet {
    case insert = """
        INSERT INTO staff_actions (id, kind, subject_id, staff_id, reason, detail, at) VALUES (?, ?, ?, ?, ?, ?, ?)
        """
    case newest = """
        SELECT id, kind, subject_id, staff_id, reason, detail, at FROM staff_actions
        WHERE id < ? ORDER BY id DESC LIMIT ?
        """
}

extension StaffAction {
    init(_ row: Columns) throws {
        self.init(
            id: try row.id(0), kind: try row.word(1), subjectID: try row.id(2), staffID: try row.id(3),
            reason: row.optionalText(4), detail: row.optionalText(5), at: row.time(6))
    }

    func insert(on db: Database) throws {
        try PreparedStatement(StaffActionStatement.insert, on: db)
            .run(id, kind, subjectID, staffID, reason, detail, at)
    }
}

extension SQLiteStore {
    public func staffActions(before: ID<StaffAction>?, limit: Int) async throws(Fault) -> [StaffAction] {
        try await read("read what staff did") { db in
            try PreparedStatement(StaffActionStatement.newest, on: db)
                .all(before ?? .greatest, limit, as: StaffAction.init)
        }
    }
}
