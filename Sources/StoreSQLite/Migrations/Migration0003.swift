internal import GRDB

/// Webhooks: endpoints of organisers, what is delivered to them, and each try. docs/erd.md has the reason of every index.
enum Migration0003: Migration {
    static let version = 3

    static func run(on db: Database) throws {
        try db.execute(sql: endpoints)
        try db.execute(sql: deliveries)
    }

    private static let endpoints = """
        CREATE TABLE webhook_endpoints (
            id BLOB PRIMARY KEY NOT NULL,
            owner_id BLOB NOT NULL REFERENCES users (id),
            url TEXT NOT NULL,
            kinds TEXT NOT NULL,
            concert_id BLOB,
            details TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('ENABLED', 'DISABLED', 'DELETED')),
            disabled_reason TEXT CHECK (disabled_reason IS NULL OR state <> 'ENABLED'),
            secret BLOB NOT NULL CHECK (length(secret) = 32),
            previous_secret BLOB,
            previous_secret_until INTEGER CHECK ((previous_secret IS NULL) = (previous_secret_until IS NULL)),
            failing_since INTEGER,
            created_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX webhook_endpoints_by_owner ON webhook_endpoints (owner_id, id);
        CREATE INDEX webhook_endpoints_by_state ON webhook_endpoints (state, id);
        """

    private static let deliveries = """
        CREATE TABLE webhook_deliveries (
            position INTEGER PRIMARY KEY,
            id BLOB NOT NULL,
            endpoint_id BLOB NOT NULL REFERENCES webhook_endpoints (id),
            event_id BLOB NOT NULL,
            kind TEXT NOT NULL,
            subject_id BLOB NOT NULL,
            payload BLOB NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('PENDING', 'DELIVERED', 'FAILED')),
            attempt_count INTEGER NOT NULL CHECK (attempt_count >= 0),
            failure_count INTEGER NOT NULL CHECK (failure_count BETWEEN 0 AND attempt_count),
            next_attempt_at INTEGER CHECK (next_attempt_at IS NULL OR status = 'PENDING'),
            give_up_at INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            finished_at INTEGER CHECK ((finished_at IS NULL) = (status = 'PENDING'))
        ) STRICT;
        CREATE UNIQUE INDEX webhook_deliveries_by_id ON webhook_deliveries (id);
        CREATE UNIQUE INDEX one_webhook_delivery_per_event ON webhook_deliveries (endpoint_id, event_id);
        CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (endpoint_id, id);
        CREATE INDEX webhook_deliveries_by_status ON webhook_deliveries (endpoint_id, status, id);
        CREATE INDEX open_webhook_deliveries ON webhook_deliveries (endpoint_id, subject_id, position)
            WHERE status = 'PENDING';
        CREATE INDEX due_webhook_deliveries ON webhook_deliveries (endpoint_id, next_attempt_at)
            WHERE next_attempt_at IS NOT NULL;

        CREATE TABLE webhook_attempts (
            delivery_id BLOB NOT NULL REFERENCES webhook_deliveries (id) ON DELETE CASCADE,
            number INTEGER NOT NULL CHECK (number > 0),
            at INTEGER NOT NULL,
            duration_ms INTEGER NOT NULL CHECK (duration_ms >= 0),
            status_code INTEGER,
            error TEXT,
            answer BLOB NOT NULL CHECK (length(answer) <= 1024),
            PRIMARY KEY (delivery_id, number)
        ) STRICT, WITHOUT ROWID;
        """
}
