internal import Logging
internal import Ports

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
}
