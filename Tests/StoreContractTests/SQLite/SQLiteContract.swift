import Foundation
import GRDB
import Logging
import Ports
import StoreSQLite

struct SQLiteContract: StoreContract {
    var testDescription: String { "SQLite" }

    func makeStore(clock: any WallClock) async throws -> any Store {
        let store = try SQLiteStore(path: try TestFolder.make() + "/jari.db", clock: clock, logger: .quiet)
        try await store.migrate()
        return store
    }

    func remove(_ store: any Store) async throws {
        guard let store = store as? SQLiteStore else { return }
        try store.close()
        try TestFolder.remove(folderOf: store.path)
    }

    func tamper(with store: any Store, _ sql: String) async throws {
        try await (store as? SQLiteStore)?.tamper(
            """
            DROP TRIGGER IF EXISTS events_never_change; DROP TRIGGER IF EXISTS events_never_go;
            DROP TRIGGER IF EXISTS seats_once_claimed_stay; \(sql)
            """)
    }

    func literal(_ id: String) -> String { "x'" + id.filter { $0 != "-" } + "'" }
    var moment: String { "1" }
    var noBytes: String { "x''" }
    func later(_ column: String) -> String { "\(column) + 1" }
    var flags: (no: String, yes: String) { ("0", "1") }
    func bytes(_ bytes: [UInt8]) -> String { "x'\(bytes.hex)'" }
}

extension [UInt8] {
    /// Two digits a byte.
    var hex: String { map { String(UInt16($0) + 0x100, radix: 16).dropFirst() }.joined() }
}

extension Logger {
    static var quiet: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}

/// Folders for one test each.
enum TestFolder {
    static func make() throws -> String {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("jari-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder.path
    }

    static func remove(folderOf path: String) throws {
        try FileManager.default.removeItem(at: URL(fileURLWithPath: path).deletingLastPathComponent())
    }
}

extension SQLiteStore {
    /// Runs SQL behind the store's back, with every constraint that can be switched off switched off: what a bug, or
    /// somebody with a shell, could have done.
    func tamper(_ sql: String) async throws {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        configuration.busyMode = .timeout(5)
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try await queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA ignore_check_constraints = ON")
            try db.execute(sql: sql)
        }
        try queue.close()
    }
}
