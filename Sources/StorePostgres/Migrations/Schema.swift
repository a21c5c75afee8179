internal import Ports

/// One numbered step of the schema, forward only.
///
/// While a program is replaced, the one before it still runs on the migrated schema. So a migration adds, and what it
/// must take away, a later one takes away, when no program uses it any more.
protocol Migration: SendableMetatype {
    /// Counts up from 1 without gaps.
    static var version: Int { get }
    /// The oldest schema version whose program can still run after this step.
    static var oldestProgram: Int { get }
    static var statements: [String] { get }
    /// What takes its time and may be left undone: run after the statements are committed, when their locks are gone.
    static var afterwards: [String] { get }
}

extension Migration {
    static var afterwards: [String] { [] }
}

/// The schema this program knows, and what a database has.
enum Schema {
    static let migrations: [any Migration.Type] = [
        Migration0001.self, Migration0002.self, Migration0003.self, Migration0004.self, Migration0005.self,
        Migration0006.self,
    ]
    static var version: Int { migrations.last?.version ?? 0 }

    /// What a database says of itself.
    struct Found: Hashable, Sendable {
        /// 0 for one without a schema.
        var version: Int
        /// The oldest schema version whose program can still run.
        var oldestProgram: Int

        static let nothing = Found(version: 0, oldestProgram: 0)

        init(version: Int, oldestProgram: Int) {
            self.version = version
            self.oldestProgram = oldestProgram
        }

        init(_ row: Columns) throws {
            self.init(version: try row.int(0), oldestProgram: try row.int(1))
        }
    }

    /// Nil when this program can work with what was found. Continues a sentence about the server.
    static func reasonNotToUse(_ found: Found) -> String? {
        if let reason = reasonNotToMigrate(found) { return reason }
        guard found.version < version else { return nil }
        return "has schema version \(found.version), this program needs \(version): run jari migrate"
    }

    /// Nil when this program can bring what was found to its own version, or leave it at a later one that allows it.
    static func reasonNotToMigrate(_ found: Found) -> String? {
        guard found.oldestProgram > version else { return nil }
        return "has schema version \(found.version), newer than version \(version) of this program"
    }
}

enum MigrationStatement: String, StatementSet {
    /// One program migrates at a time. The lock is of the schema, so that tests in other schemas do not wait.
    case lock = "SELECT pg_advisory_lock(hashtextextended('jari migrate ' || current_schema(), 0)) IS NULL"
    case makeTable = """
        CREATE TABLE IF NOT EXISTS schema_versions (
            version bigint PRIMARY KEY,
            oldest_program bigint NOT NULL,
            migrated_at timestamptz NOT NULL DEFAULT clock_timestamp()
        )
        """
    case found = "SELECT coalesce(max(version), 0), coalesce(max(oldest_program), 0) FROM schema_versions"
    case note = "INSERT INTO schema_versions (version, oldest_program) VALUES ($1, $2)"
}
