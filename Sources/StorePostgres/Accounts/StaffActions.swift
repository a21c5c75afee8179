public import Domain
public import Ports

enum StaffActionStatement: String, StatementSet {
    case insert = """
        INSERT INTO staff_actions (id, kind, subject_id, staff_id, reason, detail, at)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)
        """
    case newest = """
        SELECT id, kind, subject_id, staff_id, reason, detail, at FROM staff_actions
        WHERE id < $1 ORDER BY id DESC LIMIT $2
        """
}

extension StaffAction {
    init(_ row: Columns) throws {
        self.init(
            id: try row.id(0), kind: try row.word(1), subjectID: try row.id(2), staffID: try row.id(3),
            reason: row.optionalText(4), detail: row.optionalText(5), at: try row.time(6))
    }

    /// Nothing for what nobody of the staff did.
    static func insert(_ actions: [StaffAction?]) -> [Request] {
        let rows = actions.compactMap(\.self)
        guard !rows.isEmpty else { return [] }
        return [
            Request(
                StaffActionStatement.insert, Column(rows) { $0.id }, Column(rows) { $0.kind },
                Column(rows) { $0.subjectID }, Column(rows) { $0.staffID }, Column(rows) { $0.reason },
                Column(rows) { $0.detail }, Column(rows) { $0.at })
        ]
    }
}

extension PostgresStore {
    public func staffActions(before: ID<StaffAction>?, limit: Int) async throws(Fault) -> [StaffAction] {
        try await read("read what staff did") { db in
            try db.run(Request(StaffActionStatement.newest, before ?? .greatest, limit)).all(StaffAction.init)
        }
    }
}
