/// Mails that wait to be sent (docs/adr/0020).
enum Migration0004: Migration {
    static let version = 4
    static let oldestProgram = 1

    static let statements = [
        """
        CREATE TABLE mails (
            event_id uuid PRIMARY KEY,
            status text NOT NULL CHECK (status IN ('WAITING', 'SENT', 'FAILED')),
            due_at timestamptz NOT NULL,
            attempt_count bigint NOT NULL CHECK (attempt_count >= 0),
            reason text,
            ended_at timestamptz CHECK ((ended_at IS NULL) = (status = 'WAITING'))
        ) WITH (fillfactor = 80)
        """,
        "CREATE INDEX waiting_mails_by_time ON mails (due_at) WHERE status = 'WAITING'",
    ]
}
