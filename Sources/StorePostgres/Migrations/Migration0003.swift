/// Webhooks: endpoints of organisers, what is delivered to them, and each try. docs/erd.md has the reason of every index.
enum Migration0003: Migration {
    static let version = 3
    static let oldestProgram = 1

    static var statements: [String] { endpoints + deliveries }

    private static let endpoints = [
        """
        CREATE TABLE webhook_endpoints (
            id uuid PRIMARY KEY,
            owner_id uuid NOT NULL REFERENCES users (id),
            url text NOT NULL,
            kinds text NOT NULL,
            concert_id uuid,
            details text NOT NULL,
            state text NOT NULL CHECK (state IN ('ENABLED', 'DISABLED', 'DELETED')),
            disabled_reason text CHECK (disabled_reason IS NULL OR state <> 'ENABLED'),
            secret bytea NOT NULL CHECK (length(secret) = 32),
            previous_secret bytea,
            previous_secret_until timestamptz CHECK ((previous_secret IS NULL) = (previous_secret_until IS NULL)),
            failing_since timestamptz,
            created_at timestamptz NOT NULL
        )
        """,
        "CREATE INDEX webhook_endpoints_by_owner ON webhook_endpoints (owner_id, id)",
        "CREATE INDEX webhook_endpoints_by_state ON webhook_endpoints (state, id)",
    ]

    private static let deliveries = [
        """
        CREATE TABLE webhook_deliveries (
            position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            id uuid NOT NULL,
            endpoint_id uuid NOT NULL REFERENCES webhook_endpoints (id),
            event_id uuid NOT NULL,
            kind text NOT NULL,
            subject_id uuid NOT NULL,
            payload bytea NOT NULL,
            status text NOT NULL CHECK (status IN ('PENDING', 'DELIVERED', 'FAILED')),
            attempt_count bigint NOT NULL CHECK (attempt_count >= 0),
            failure_count bigint NOT NULL CHECK (failure_count BETWEEN 0 AND attempt_count),
            next_attempt_at timestamptz CHECK (next_attempt_at IS NULL OR status = 'PENDING'),
            give_up_at timestamptz NOT NULL,
            created_at timestamptz NOT NULL,
            finished_at timestamptz CHECK ((finished_at IS NULL) = (status = 'PENDING'))
        )
        """,
        "CREATE UNIQUE INDEX webhook_deliveries_by_id ON webhook_deliveries (id)",
        "CREATE UNIQUE INDEX one_webhook_delivery_per_event ON webhook_deliveries (endpoint_id, event_id)",
        "CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (endpoint_id, id)",
        "CREATE INDEX webhook_deliveries_by_status ON webhook_deliveries (endpoint_id, status, id)",
        """
        CREATE INDEX open_webhook_deliveries ON webhook_deliveries (endpoint_id, subject_id, position)
            WHERE status = 'PENDING'
        """,
        """
        CREATE INDEX due_webhook_deliveries ON webhook_deliveries (endpoint_id, next_attempt_at)
            WHERE next_attempt_at IS NOT NULL
        """,
        """
        CREATE TABLE webhook_attempts (
            delivery_id uuid NOT NULL REFERENCES webhook_deliveries (id) ON DELETE CASCADE,
            number bigint NOT NULL CHECK (number > 0),
            at timestamptz NOT NULL,
            duration_ms bigint NOT NULL CHECK (duration_ms >= 0),
            status_code bigint,
            error text,
            answer bytea NOT NULL CHECK (length(answer) <= 1024),
            PRIMARY KEY (delivery_id, number)
        )
        """,
    ]
}
