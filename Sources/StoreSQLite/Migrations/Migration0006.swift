internal import GRDB

/// A delivery that is under way is told from one that waits for its next try, and more secrets than two sign.
enum Migration0006: Migration {
    static let version = 6

    static func run(on db: Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE webhook_deliveries ADD COLUMN taken_until INTEGER;
                ALTER TABLE webhook_endpoints ADD COLUMN older_secrets BLOB
                    CHECK (length(older_secrets) BETWEEN 40 AND 120 AND length(older_secrets) % 40 = 0);
                """)
    }
}
