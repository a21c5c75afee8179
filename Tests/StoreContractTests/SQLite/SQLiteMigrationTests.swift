import Domain
import GRDB
import Logging
import Ports
import Testing

@testable import StoreSQLite

@Suite("A SQLite file of an earlier schema is brought to this one, and nothing in it is lost")
struct SQLiteMigrationTests {
    /// A file as the program of schema 1 left it, with the sample sale.
    private func withFirstSchema(_ body: (String) async throws -> Void) async throws {
        let folder = try TestFolder.make()
        let path = folder + "/jari.db"
        do {
            let queue = try DatabaseQueue(path: path)
            try Schema.migrator.migrate(queue, upTo: "0001")
            try await queue.write { db in try db.execute(sql: FirstSchema.sale(for: SQLiteContract())) }
            try queue.close()
            try await body(path)
        } catch {
            try TestFolder.remove(folderOf: path)
            throw error
        }
        try TestFolder.remove(folderOf: path)
    }

    private func migrated(_ path: String, _ body: (SQLiteStore) async throws -> Void) async throws {
        let store = try SQLiteStore(path: path, clock: TestClock(), logger: .quiet)
        do {
            try await store.migrate()
            try await body(store)
        } catch {
            try store.close()
            throw error
        }
        try store.close()
    }

    @Test("Payments, transfers and all that refers to them are as they were")
    func everythingIsKept() async throws {
        try await withFirstSchema { path in
            try await migrated(path) { store in
                try await FirstSchema.expectSale(in: store)
                let broken = try await store.read("check") { db in
                    try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").count
                }
                #expect(broken == 0)
                // What they refer to, they refer to by its name, not by that of the table it was copied to.
                let schema = try await store.read("look") { db in
                    try String.fetchAll(db, sql: "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")
                }
                #expect(!schema.contains { $0.contains("payments_2") || $0.contains("transfers_2") })
            }
        }
    }

    @Test("Constraints and triggers hold on the new tables, and the old ones are gone")
    func constraints() async throws {
        try await withFirstSchema { path in
            try await migrated(path) { store in
                for (sql, words) in [
                    ("UPDATE events SET amount = 1", "an event is never changed"),
                    ("DELETE FROM events", "an event is never deleted"),
                    ("DELETE FROM payments", "FOREIGN KEY"), ("DELETE FROM wallets", "FOREIGN KEY"),
                    ("UPDATE payments SET method = 'CARD'", "CHECK"),
                    ("UPDATE transfers SET kind = 'GIFT'", "CHECK"),
                    ("UPDATE transfers SET payment_id = x'00'", "FOREIGN KEY"),
                    ("UPDATE payments SET reservation_id = x'00'", "FOREIGN KEY"),
                ] {
                    let fault = await #expect(throws: Fault.self, "\(sql)") {
                        try await store.write("break something") { db in try db.execute(sql: sql) }
                    }
                    #expect(fault?.reason.contains(words) == true, "\(sql): \(fault?.reason ?? "")")
                }
                let areEnforced = try await store.write("read a setting") { db in
                    try Bool.fetchOne(db, sql: "PRAGMA foreign_keys")
                }
                #expect(areEnforced == true)
            }
        }
    }

    @Test("A file whose rows refer to what is not there is left as it was")
    func brokenReferences() async throws {
        try await withFirstSchema { path in
            let queue = try DatabaseQueue(path: path)
            try await queue.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA foreign_keys = OFF; DELETE FROM wallets; PRAGMA foreign_keys = ON")
            }
            try queue.close()
            let store = try SQLiteStore(path: path, clock: TestClock(), logger: .quiet)
            await #expect(throws: Fault.self) { try await store.migrate() }
            let (version, payments) = try await store.read("look") { db in
                (try Schema.version(in: db), try Int.fetchOne(db, sql: "SELECT count(*) FROM payments"))
            }
            #expect(version == 1)
            #expect(payments == 1)
            try store.close()
        }
    }
}
