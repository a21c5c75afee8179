internal import GRDB

/// What staff settle by hand, since when a payment is unknown and who asks about it, and why fans gave tickets back.
enum Migration0005: Migration {
    static let version = 5

    static func run(on db: Database) throws {
        try db.execute(sql: payments)
        try db.execute(sql: refunds)
        try db.execute(sql: "ALTER TABLE tickets ADD COLUMN refund_reason TEXT")
    }

    private static let payments = """
        ALTER TABLE payments ADD COLUMN unknown_since INTEGER;
        ALTER TABLE payments ADD COLUMN claim BLOB;
        UPDATE payments SET unknown_since = created_at WHERE status = 'UNKNOWN';
        UPDATE payments SET decline_code = 'RETURNED'
            WHERE status = 'REFUNDED' AND id IN (SELECT subject_id FROM events WHERE kind = 'payment.returned');
        CREATE INDEX requested_charges ON payments (created_at)
            WHERE status = 'REQUESTED' AND reservation_id IS NULL;
        """

    /// SQLite cannot change a constraint, so the table is made anew. No other table refers to it.
    private static let refunds = """
        CREATE TABLE refunds_5 (
            id BLOB PRIMARY KEY NOT NULL,
            payment_id BLOB NOT NULL REFERENCES payments (id),
            amount INTEGER NOT NULL CHECK (amount > 0),
            reason TEXT NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('REQUESTED', 'DONE', 'FAILED', 'SETTLED')),
            try_at INTEGER NOT NULL,
            try_count INTEGER NOT NULL CHECK (try_count >= 0),
            created_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        INSERT INTO refunds_5 (id, payment_id, amount, reason, status, try_at, try_count, created_at)
        SELECT id, payment_id, amount, reason, status, try_at, try_count, created_at FROM refunds;
        DROP TABLE refunds;
        ALTER TABLE refunds_5 RENAME TO refunds;
        CREATE INDEX refunds_by_payment ON refunds (payment_id);
        CREATE INDEX due_refunds ON refunds (try_at) WHERE status = 'REQUESTED';
        CREATE INDEX failed_refunds ON refunds (id) WHERE status = 'FAILED';
        """
}
