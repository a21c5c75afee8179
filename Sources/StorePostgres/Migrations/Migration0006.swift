/// A delivery that is under way is told from one that waits for its next try, and more secrets than two sign.
///
/// A program of before takes deliveries without saying so, as it always did, and signs with two secrets.
enum Migration0006: Migration {
    static let version = 6
    static let oldestProgram = 1

    static let statements = [
        "ALTER TABLE webhook_deliveries ADD COLUMN taken_until timestamptz",
        """
        ALTER TABLE webhook_endpoints ADD COLUMN older_secrets bytea
            CHECK (length(older_secrets) BETWEEN 40 AND 120 AND length(older_secrets) % 40 = 0)
        """,
    ]
}
