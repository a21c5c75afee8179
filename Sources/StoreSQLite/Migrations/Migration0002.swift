internal import GRDB

/// Payments by card: what the gateway knows of a payment, refunds to the card, and the house's own accounts.
///
/// SQLite cannot take a constraint from a table, so payments and transfers are made anew, in the steps of
/// https://www.sqlite.org/lang_altertable.html#otheralter, and every row is kept.
enum Migration0002: Migration {
    static let version = 2
    static let rebuildsTables = true

    static func run(on db: Database) throws {
        try db.execute(sql: payments)
        try db.execute(sql: transfers)
        try db.execute(sql: refunds)
        try db.execute(sql: holds)
    }

    /// The card's part is kept and not the points', so that nothing is to be found out about payments of the first
    /// schema: all of them were with points.
    private static let payments = """
        CREATE TABLE payments_2 (
            id BLOB PRIMARY KEY NOT NULL,
            reservation_id BLOB REFERENCES reservations (id),
            user_id BLOB NOT NULL REFERENCES users (id),
            method TEXT NOT NULL,
            status TEXT NOT NULL
                CHECK (status IN
                    ('REQUESTED', 'CAPTURED', 'DECLINED', 'UNKNOWN', 'PARTIALLY_REFUNDED', 'REFUNDED')),
            amount INTEGER NOT NULL CHECK (amount >= 0),
            card INTEGER NOT NULL,
            refunded INTEGER NOT NULL CHECK (refunded BETWEEN 0 AND amount),
            gateway_key TEXT,
            try_at INTEGER,
            try_count INTEGER NOT NULL CHECK (try_count >= 0),
            decline_code TEXT,
            created_at INTEGER NOT NULL,
            CHECK (
                CASE method
                    WHEN 'POINTS' THEN card = 0 AND reservation_id IS NOT NULL
                    WHEN 'CARD' THEN card = amount AND card > 0
                    WHEN 'MIXED' THEN card > 0 AND card < amount AND reservation_id IS NOT NULL
                    ELSE 0
                END),
            CHECK ((try_at IS NOT NULL) = (status = 'UNKNOWN')),
            CHECK (status <> 'UNKNOWN' OR gateway_key IS NOT NULL)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO payments_2
            (id, reservation_id, user_id, method, status, amount, card, refunded, gateway_key, try_at, try_count,
            decline_code, created_at)
        SELECT id, reservation_id, user_id, method, status, amount, 0, refunded, NULL, NULL, 0, NULL, created_at
        FROM payments;
        DROP TABLE payments;
        ALTER TABLE payments_2 RENAME TO payments;
        CREATE INDEX payments_by_reservation ON payments (reservation_id);
        CREATE UNIQUE INDEX one_open_payment_per_reservation ON payments (reservation_id)
            WHERE reservation_id IS NOT NULL AND status IN ('REQUESTED', 'UNKNOWN');
        CREATE UNIQUE INDEX payments_by_gateway_key ON payments (gateway_key) WHERE gateway_key IS NOT NULL;
        CREATE INDEX unknown_payments ON payments (try_at) WHERE status = 'UNKNOWN';
        CREATE INDEX card_payments ON payments (id) WHERE card > 0;
        """

    /// What moves between accounts of the house has no wallet to lie under, so it lies apart, in order of time.
    private static let transfers = """
        CREATE TABLE transfers_2 (
            id BLOB NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('CHARGE', 'PAYMENT', 'REFUND', 'RESERVE', 'RELEASE')),
            from_account BLOB NOT NULL,
            to_account BLOB NOT NULL CHECK (to_account <> from_account),
            wallet_id BLOB NOT NULL REFERENCES wallets (user_id) CHECK (wallet_id IN (from_account, to_account)),
            amount INTEGER NOT NULL CHECK (amount > 0),
            payment_id BLOB REFERENCES payments (id),
            balance INTEGER NOT NULL CHECK (balance >= 0),
            at INTEGER NOT NULL,
            PRIMARY KEY (wallet_id, id)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO transfers_2 (id, kind, from_account, to_account, wallet_id, amount, payment_id, balance, at)
        SELECT id, kind, from_account, to_account, wallet_id, amount, payment_id, balance, at FROM transfers;
        DROP TABLE transfers;
        ALTER TABLE transfers_2 RENAME TO transfers;

        CREATE TABLE house_transfers (
            id BLOB PRIMARY KEY NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('PAYMENT', 'REFUND')),
            from_account BLOB NOT NULL,
            to_account BLOB NOT NULL CHECK (to_account <> from_account),
            amount INTEGER NOT NULL CHECK (amount > 0),
            payment_id BLOB NOT NULL REFERENCES payments (id),
            at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    private static let refunds = """
        CREATE TABLE refunds (
            id BLOB PRIMARY KEY NOT NULL,
            payment_id BLOB NOT NULL REFERENCES payments (id),
            amount INTEGER NOT NULL CHECK (amount > 0),
            reason TEXT NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('REQUESTED', 'DONE', 'FAILED')),
            try_at INTEGER NOT NULL,
            try_count INTEGER NOT NULL CHECK (try_count >= 0),
            created_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX refunds_by_payment ON refunds (payment_id);
        CREATE INDEX due_refunds ON refunds (try_at) WHERE status = 'REQUESTED';
        CREATE INDEX failed_refunds ON refunds (id) WHERE status = 'FAILED';
        """

    /// A hold that waits for a card has a deadline too.
    private static let holds = """
        DROP INDEX pending_reservations_by_deadline;
        CREATE INDEX held_reservations_by_deadline ON reservations (expires_at)
            WHERE status IN ('PENDING', 'CONFIRMED');
        """
}
