internal import Logging
public import Ports

extension PostgresStore {
    /// How long another program's migration is waited for.
    private static let migrationLimitMs = 600_000

    /// Brings the schema to this program's version, under a lock so that of several programs one does it. A store that
    /// only reads checks that it is there.
    ///
    /// A schema that a later program made is left alone, and refused unless that program said that this one can still
    /// run beside it.
    public func migrate() async throws(Fault) {
        let attempt = "migrate PostgreSQL at \(address.description)"
        guard !isReadOnly else { return try await check() }
        let pool = LanePool(address, role: .migrator, count: 1, following: timeline, logger: logger)
        let outcome = await pool.run({ attempt }) { [address] connection in
            try Self.migrate(connection, address: address, attempt: attempt)
        }
        await pool.close()
        let (from, to) = try outcome.get()
        retryNow()
        guard from < to else { return }
        logger.info(
            "schema migrated",
            metadata: ["from": "\(from)", "to": "\(to)", "server": "\(address.description)"])
    }

    private static func migrate(_ connection: Connection, address: Address, attempt: String) throws -> (Int, Int) {
        // The lock goes with the connection, which is closed at the end.
        _ = try connection.exchange([Request(MigrationStatement.lock)], limitMs: migrationLimitMs)
        try connection.commit([Request(MigrationStatement.makeTable)])
        let found = try connection.exchange([Request(MigrationStatement.found)])[0].first(Schema.Found.init) ?? .nothing
        if let reason = Schema.reasonNotToMigrate(found) {
            throw Fault(.broken, attempt: attempt, reason: "\(address.description) \(reason)")
        }
        for migration in Schema.migrations where migration.version > found.version {
            var requests = [Request.begin] + migration.statements.map { Request(sql: $0) }
            requests.append(Request(MigrationStatement.note, migration.version, migration.oldestProgram))
            _ = try connection.exchange(requests, limitMs: migrationLimitMs)
            // By itself: the steps may take long, and a commit that waits for a standby need not be waited for as long.
            _ = try connection.exchange([.commit])
            guard !migration.afterwards.isEmpty else { continue }
            _ = try connection.exchange(
                [Request.begin] + migration.afterwards.map { Request(sql: $0) }, limitMs: migrationLimitMs)
            _ = try connection.exchange([.commit])
        }
        return (found.version, max(found.version, Schema.version))
    }
}
