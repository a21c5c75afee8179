internal import GRDB

/// Mails that wait to be sent (docs/adr/0020).
enum Migration0004: Migration {
    static let version = 4

    static func run(on db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE mails (
                    event_id BLOB PRIMARY KEY NOT NULL REFERENCES events (id),
                    status TEXT NOT NULL CHECK (status IN ('WAITING', 'SENT', 'FAILED')),
                    due_at INTEGER NOT NULL,
                    attempt_count INTEGER NOT NULL CHECK (attempt_count >= 0),
                    reason TEXT,
                    ended_at INTEGER CHECK ((ended_at IS NULL) = (status = 'WAITING'))
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX waiting_mails_by_time ON mails (due_at) WHERE status = 'WAITING';
                """)
    }
}
