import Domain
import Foundation
import GRDB
import Logging
import Ports
import Testing

@testable import StoreSQLite

@Suite("A SQLite file that cannot be used says why in one line")
struct SQLiteStoreTests {
    private let clock = TestClock()

    private func open(_ path: String) throws(Fault) -> SQLiteStore {
        try SQLiteStore(path: path, clock: clock, logger: .quiet)
    }

    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = try TestFolder.make()
        defer {
            do { try TestFolder.remove(folderOf: folder + "/x") } catch { Issue.record(error) }
        }
        try await body(folder)
    }

    /// Expects that opening throws a fault with this reason, which must be a single line.
    private func expect(_ reason: String, whenOpening path: String) {
        let fault = #expect(throws: Fault.self) { try open(path).close() }
        #expect(fault?.reason == reason)
        #expect(fault?.description.contains("\n") == false)
    }

    @Test("A text file is not a database")
    func notADatabase() async throws {
        try await withFolder { folder in
            let path = folder + "/notes.txt"
            try String(repeating: "These are my notes. ", count: 100).write(
                toFile: path, atomically: true, encoding: .utf8)
            expect("\(path) is not a SQLite database", whenOpening: path)
        }
    }

    @Test("A folder is not a file")
    func folder() async throws {
        try await withFolder { folder in
            expect("\(folder) is a folder, not a database file", whenOpening: folder)
        }
    }

    @Test("A folder that is missing is named")
    func missingFolder() async throws {
        try await withFolder { folder in
            let path = folder + "/missing/jari.db"
            expect("the folder \(folder)/missing does not exist", whenOpening: path)
        }
    }

    #if os(Linux)
        @Test("A place where nothing can be written is named")
        func unwritable() {
            expect("/proc/jari.db.lock cannot be written: No such file or directory", whenOpening: "/proc/jari.db")
        }
    #endif

    @Test("Another program's database is left alone")
    func foreign() async throws {
        try await withFolder { folder in
            let path = folder + "/other.db"
            let other = try DatabaseQueue(path: path)
            try await other.write { try $0.execute(sql: "CREATE TABLE theirs (x)") }
            try other.close()
            expect("\(path) is the database of another program", whenOpening: path)
        }
    }

    @Test("A second program on the same file is told so, and may have it after the first is done")
    func inUse() async throws {
        try await withFolder { folder in
            let path = folder + "/jari.db"
            let first = try open(path)
            let own = ProcessInfo.processInfo.processIdentifier
            expect("\(path) is in use by another jari (process \(own))", whenOpening: path)
            try first.close()
            try open(path).close()
        }
    }

    @Test("A schema that is newer than the program is refused with both versions")
    func newerSchema() async throws {
        try await withFolder { folder in
            let path = folder + "/jari.db"
            let store = try open(path)
            try await store.migrate()
            try await store.tamper("INSERT INTO grdb_migrations VALUES ('0099')")
            let fault = await #expect(throws: Fault.self) { try await store.migrate() }
            let refused = "\(path) has schema version 99, newer than version \(Schema.version) of this program"
            #expect(fault?.reason == refused)
            await #expect(throws: Fault.self) { try await store.check() }
            try store.close()
        }
    }

    @Test("A damaged file is reported as one")
    func damaged() async throws {
        try await withFolder { folder in
            let path = folder + "/jari.db"
            let store = try open(path)
            try await store.migrate()
            try store.close()
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
            // Behind the first page, which holds the schema.
            try file.seek(toOffset: 4096)
            let size = try file.seekToEnd()
            try file.seek(toOffset: 4096)
            try file.write(contentsOf: Data(repeating: 0xA5, count: Int(size) - 4096))
            try file.close()
            let fault = #expect(throws: Fault.self) { try open(path).close() }
            #expect(fault?.code == .broken)
            #expect(fault?.reason.hasPrefix("\(path) is damaged (") == true)
        }
    }

    @Test("A full disk fails the batch and nothing else; with room again the store goes on")
    func fullDisk() async throws {
        try await World.with(SQLiteContract()) { world in
            let store = try #require(world.store as? SQLiteStore)
            let fan = try await world.user()
            let pages = try await store.read("count pages") { db in
                try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            }
            try await limitPages(of: store, to: pages)
            let big = world.answer(1, body: [UInt8](repeating: 1, count: 100_000))
            let fault = await #expect(throws: Fault.self) {
                _ = try await world.run([.charge(ChargePoints(userID: fan.id, amount: Won(5)))], answers: [big])
            }
            #expect(fault?.code == .unavailable)
            #expect(fault?.reason == "the disk of \(store.path) is full")
            #expect(try await store.wallet(of: fan.id).balance == .zero)
            try await limitPages(of: store, to: 1_000_000)
            _ = try await world.run([.charge(ChargePoints(userID: fan.id, amount: Won(5)))], answers: [big])
            #expect(try await store.wallet(of: fan.id).balance == Won(5))
        }
    }

    private func limitPages(of store: SQLiteStore, to count: Int) async throws {
        _ = try await store.write("limit the file") { db in
            try Int.fetchOne(db, sql: "PRAGMA max_page_count = \(count)")
        }
    }

    @Test("A store that only reads works beside one that writes, and cannot write or checkpoint")
    func readingOnly() async throws {
        try await World.with(SQLiteContract()) { world in
            let store = try #require(world.store as? SQLiteStore)
            let fan = try await world.user()
            let reader = try SQLiteStore(readingOnly: store.path, clock: clock, logger: .quiet)
            try await reader.migrate()
            try await reader.check()
            _ = try await world.charge(10, to: fan)
            #expect(try await reader.wallet(of: fan.id).balance == Won(10))
            #expect(try await reader.audit().isClean)
            let refused = User(id: world.id(), email: "x@y", name: "x", role: .fan, createdAt: clock.now())
            let fault = await #expect(throws: Fault.self) { _ = try await reader.create(refused, passwordHash: "") }
            #expect(fault?.code == .broken)
            let log = URL(fileURLWithPath: store.path + "-wal")
            let before = try Data(contentsOf: log)
            try reader.close()
            #expect(try Data(contentsOf: log) == before)
        }
    }

    @Test("A store that only reads opens a file that was closed cleanly, but does not make or migrate one")
    func readingOnlyAlone() async throws {
        try await withFolder { folder in
            let path = folder + "/jari.db"
            #expect(throws: Fault.self) { try SQLiteStore(readingOnly: path, clock: clock, logger: .quiet) }
            #expect(!FileManager.default.fileExists(atPath: path))
            let store = try open(path)
            try store.close()
            let early = try SQLiteStore(readingOnly: path, clock: clock, logger: .quiet)
            let fault = await #expect(throws: Fault.self) { try await early.migrate() }
            #expect(fault?.reason.hasSuffix("run jari migrate") == true)
            try early.close()
            let again = try open(path)
            try await again.migrate()
            try again.close()
            let reader = try SQLiteStore(readingOnly: path, clock: clock, logger: .quiet)
            try await reader.migrate()
            #expect(try await reader.audit().isClean)
            try reader.close()
        }
    }

    @Test("The writing connection commits to disk, enforces foreign keys and logs ahead")
    func settings() async throws {
        try await World.with(SQLiteContract()) { world in
            let store = try #require(world.store as? SQLiteStore)
            func setting(_ name: String) async throws -> String? {
                try await store.write("read a setting") { db in try String.fetchOne(db, sql: "PRAGMA \(name)") }
            }
            #expect(try await setting("journal_mode") == "wal")
            #expect(try await setting("synchronous") == "2")
            #expect(try await setting("foreign_keys") == "1")
            #expect(try await setting("secure_delete") == "0")
            #expect(try await setting("wal_autocheckpoint") == "40000")
            #expect(try await setting("cache_size") == "-65536")
            let isReaderReadOnly = try await store.read("look at a reader") { db in
                try (db.configuration.readonly, String.fetchOne(db, sql: "PRAGMA wal_autocheckpoint") ?? "")
            }
            #expect(isReaderReadOnly == (true, "0"))
        }
    }

    @Test("A batch of refusals adds nothing to the log on disk")
    func refusalsAreFree() async throws {
        try await World.with(SQLiteContract()) { world in
            let store = try #require(world.store as? SQLiteStore)
            let fan = try await world.user()
            let (date, _) = try await world.sale()
            let log = URL(fileURLWithPath: store.path + "-wal")
            let before = try Data(contentsOf: log)
            let hold = HoldSeats(userID: fan.id, dateID: date.id, choice: .seats([world.id()]), holdSeconds: 60)
            let outcomes = try await world.run([.hold(hold), .hold(hold)])
            guard case .failure(.unknownSeats) = outcomes[1] else { throw Unexpected() }
            #expect(try Data(contentsOf: log) == before)
        }
    }

    @Test("What was committed is there after closing and opening again")
    func reopening() async throws {
        try await withFolder { folder in
            let path = folder + "/jari.db"
            let store = try open(path)
            try await store.migrate()
            let user = User(
                id: UserID(high: 1, low: 2), email: "a@b", name: "A", role: .fan, createdAt: clock.now())
            _ = try await store.create(user, passwordHash: "h")
            try store.close()
            await #expect(throws: Fault.self) { _ = try await store.user(user.id) }
            // The file is whole without its log.
            #expect(try Data(contentsOf: URL(fileURLWithPath: path + "-wal")).isEmpty)
            let again = try open(path)
            try await again.migrate()
            #expect(try await again.user(user.id) == user)
            try again.close()
        }
    }
}
