internal import GRDB
internal import GRDBSQLite

/// How connections are set up. docs/adr/0003-one-writing-connection.md has the reasons.
enum ConnectionSettings {
    /// Of the writing connection, in KiB: the busy pages of a big sale. A larger one is slower: on most commits SQLite
    /// walks through all cached pages once, since splitting a page borrows a page number beyond the file's end.
    static let writerCacheKiB = 65_536
    static let readerCacheKiB = 8_192
    /// Pages of 4 KiB in the log at which a commit also checkpoints: a commit that takes tenths of a second. At 40,000
    /// it is one batch of a hundred under full load, and pages that change often are written back once for all.
    static let checkpointPages = 40_000
    static let busyTimeoutSeconds = 5.0

    static func configuration(readers: Int, isReadOnly: Bool) -> Configuration {
        var configuration = Configuration()
        configuration.readonly = isReadOnly
        configuration.maximumReaderCount = readers
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(busyTimeoutSeconds)
        configuration.label = "StoreSQLite"
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA temp_store = MEMORY")
            if db.configuration.readonly {
                try db.execute(sql: "PRAGMA cache_size = -\(readerCacheKiB); PRAGMA wal_autocheckpoint = 0")
            } else {
                try db.execute(
                    sql: """
                        PRAGMA cache_size = -\(writerCacheKiB);
                        PRAGMA wal_autocheckpoint = \(checkpointPages);
                        """)
            }
        }
        return configuration
    }

    /// What can only be set once the file is in WAL mode. GRDB has chosen `synchronous = NORMAL` by then, with which
    /// a commit survives a crash of the program but not of the machine.
    ///
    /// Debian builds SQLite to overwrite deleted rows with zeros, which makes tidying up the outbox and old answers
    /// write more pages than it frees. Nothing here is secret that was not hashed before it was stored.
    static func finishWriter(_ db: Database) throws {
        try db.execute(sql: "PRAGMA synchronous = FULL")
        _ = try Row.fetchOne(db, sql: "PRAGMA secure_delete = OFF")
    }
}
