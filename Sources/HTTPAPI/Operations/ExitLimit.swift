public import Logging
public import ServiceLifecycle

/// Ends the program when a shutdown takes too long. A commit may wait for a standby for as long as that is away: what
/// became of it its caller learns by asking again.
public struct ExitLimit: Service {
    private let limit: Duration
    private let logger: Logger
    private let end: @Sendable () -> Void

    /// - Parameters:
    ///   - limit: Counted from the moment when the shutdown begins.
    ///   - end: Ends the process.
    public init(_ limit: Duration, logger: Logger, end: @escaping @Sendable () -> Void) {
        self.limit = limit
        self.logger = logger
        self.end = end
    }

    /// Ends with the shutdown's beginning, so that it holds up no other service. What is left behind counts.
    public func run() async throws {
        try? await gracefulShutdown()
        Task.detached { [limit, logger, end] in
            try? await Task.sleep(for: limit)
            logger.error("the shutdown took longer than \(limit): ending now")
            end()
        }
    }
}
