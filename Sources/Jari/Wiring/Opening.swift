internal import CoordinationInProcess
internal import Domain
internal import Logging
internal import Ports
internal import StoreSQLite

/// Something that keeps the program from starting, in one line for the person who started it.
struct StartError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }

    init(_ fault: Fault) {
        description = fault.reason
    }
}

extension Settings {
    func logger() -> Logger {
        var logger = Logger(label: "jari") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = logLevel
        return logger
    }

    /// Opens the store and brings its schema to this version.
    func openStore(clock: any WallClock, logger: Logger) async throws(StartError) -> SQLiteStore {
        do throws(Fault) {
            let store = try SQLiteStore(path: storePath, clock: clock, logger: logger)
            try await store.migrate()
            return store
        } catch {
            throw StartError(error)
        }
    }
}
