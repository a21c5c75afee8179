internal import GRDB

/// One numbered step of the schema, forward only.
protocol Migration: SendableMetatype {
    /// Counts up from 1 without gaps.
    static var version: Int { get }
    /// Whether it replaces tables that others refer to: then foreign keys are checked when it is done, all of them, and
    /// not on the way.
    static var rebuildsTables: Bool { get }
    static func run(on db: Database) throws
}

extension Migration {
    static var rebuildsTables: Bool { false }
}

/// The schema this program knows, and what a file has.
enum Schema {
    static let migrations: [any Migration.Type] = [
        Migration0001.self, Migration0002.self, Migration0003.self, Migration0004.self, Migration0005.self,
        Migration0006.self,
    ]
    static var version: Int { migrations.last?.version ?? 0 }

    /// "Jari" in ASCII, in the file's header: what tells our file from another program's.
    static let applicationID = 0x4A61_7269

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        for migration in migrations {
            let checks: DatabaseMigrator.ForeignKeyChecks = migration.rebuildsTables ? .deferred : .immediate
            migrator.registerMigration(identifier(migration.version), foreignKeyChecks: checks) { db in
                try migration.run(on: db)
                try db.execute(sql: "PRAGMA application_id = \(applicationID)")
            }
        }
        return migrator
    }

    /// The version of the schema in a file: 0 for one that has none yet.
    static func version(in db: Database) throws -> Int {
        let applied = try migrator.appliedIdentifiers(db)
        return applied.compactMap { Int($0) }.max() ?? 0
    }

    /// Whether the file was made by a program other than ours.
    static func isForeign(_ db: Database) throws -> Bool {
        let owner = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        if owner == applicationID { return false }
        let tables = try Int.fetchOne(
            db, sql: "SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE 'grdb%' AND name NOT LIKE 'sqlite%'")
        return owner != 0 || (tables ?? 0) > 0
    }

    private static func identifier(_ version: Int) -> String {
        let digits = String(version)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
