import Foundation
import Logging
import Ports
import Synchronization
import Testing

@testable import StorePostgres

/// PostgreSQL, in a schema of its own for each test, on the server that `JARI_TEST_POSTGRES` names.
struct PostgresContract: StoreContract {
    /// A libpq URI of a database in which the user may create schemas, as a superuser. Nil when the run is not told to
    /// use one.
    static let uri = ProcessInfo.processInfo.environment["JARI_TEST_POSTGRES"]

    var testDescription: String { "PostgreSQL" }

    func makeStore(clock: any WallClock) async throws -> any Store {
        let schema = try await PostgresSchema.make()
        do {
            let store = try PostgresStore(schema.uri, lanes: 2, readers: 1, clock: clock, logger: .quiet)
            try await store.migrate()
            PostgresSchema.ofStores.withLock { $0[ObjectIdentifier(store)] = schema }
            return store
        } catch {
            try await schema.remove()
            throw error
        }
    }

    func remove(_ store: any Store) async throws {
        guard let store = store as? PostgresStore else { return }
        await store.close()
        try await PostgresSchema.ofStores.withLock { $0.removeValue(forKey: ObjectIdentifier(store)) }?.remove()
    }

    func tamper(with store: any Store, _ sql: String) async throws {
        let store = try #require(store as? PostgresStore)
        let schema = try #require(PostgresSchema.ofStores.withLock { $0[ObjectIdentifier(store)] })
        let checks = try await schema.rows(
            """
            SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname)
            FROM pg_constraint WHERE contype = 'c' AND connamespace = current_schema()::regnamespace
            """)
        try await schema.run(checks.joined(separator: ";") + ";SET session_replication_role = replica;" + sql)
    }

    func literal(_ id: String) -> String { "'\(id)'::uuid" }
    var moment: String { "'epoch'::timestamptz" }
    var noBytes: String { "''::bytea" }
    func later(_ column: String) -> String { "\(column) + interval '1 ms'" }
    var flags: (no: String, yes: String) { ("false", "true") }
    func bytes(_ bytes: [UInt8]) -> String { "decode('\(bytes.hex)', 'hex')" }
}

/// A schema of the test server, for one test alone.
struct PostgresSchema: Sendable {
    /// Tests run side by side; each has a handful of connections, and the server a hundred.
    private static let gate = Gate(places: 6)
    static let ofStores = Mutex<[ObjectIdentifier: PostgresSchema]>([:])

    let name: String
    /// Where the schema is the only one to be seen.
    let uri: String

    static func make() async throws -> PostgresSchema {
        await gate.enter()
        do {
            let server = try #require(PostgresContract.uri, "JARI_TEST_POSTGRES is not set")
            let name = "test_" + UUID().uuidString.lowercased().filter { $0 != "-" }
            let option = "options=-csearch_path%3D\(name)%20-csynchronous_commit%3Doff"
            let uri = server + (server.contains("?") ? "&" : "?") + option
            let schema = PostgresSchema(name: name, uri: uri)
            try await schema.run("CREATE SCHEMA \(name)")
            return schema
        } catch {
            await gate.leave()
            throw error
        }
    }

    func remove() async throws {
        let result: Result<Void, any Error>
        do { result = .success(try await run("DROP SCHEMA \(name) CASCADE")) } catch { result = .failure(error) }
        await Self.gate.leave()
        try result.get()
    }

    /// Runs statements, parted by semicolons, on a connection of their own.
    func run(_ sql: String) async throws {
        _ = try await rows(sql)
    }

    /// The first column of what the last statement returns, which must be text.
    @discardableResult
    func rows(_ sql: String) async throws -> [String] {
        let pool = LanePool(try Address(uri), role: .migrator, count: 1, logger: .quiet)
        let result = await pool.run({ "run \(sql)" }) { db in
            var last: [String] = []
            for statement in sql.split(separator: ";") where !statement.allSatisfy(\.isWhitespace) {
                last = try db.run(Request(sql: String(statement))).all { $0.text(0) }
            }
            return last
        }
        await pool.close()
        return try result.get()
    }
}

/// Lets so many in at a time, in order.
actor Gate {
    private var places: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(places: Int) {
        self.places = places
    }

    func enter() async {
        guard places == 0 else { return places -= 1 }
        await withCheckedContinuation { waiting.append($0) }
    }

    func leave() {
        if waiting.isEmpty { places += 1 } else { waiting.removeFirst().resume() }
    }
}
