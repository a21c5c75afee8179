public import Logging
public import ServiceLifecycle

/// Services that are told to stop at the same moment, and that share one limit for what they have under way.
///
/// A group stops its services one after the other, each when the one before has ended. Those that wait for servers of
/// others would so add up what each may take to more than a shutdown has.
public struct StoppedTogether: Service {
    private enum Ending {
        case service
        case limit
    }

    private let services: [any Service]
    private let limit: Duration
    private let logger: Logger

    /// - Parameter limit: Counted from the moment when the shutdown begins. What still runs then is cancelled.
    public init(_ services: [any Service], limit: Duration, logger: Logger) {
        self.services = services
        self.limit = limit
        self.logger = logger
    }

    /// Ends when all have ended, or with what the first one throws.
    public func run() async throws {
        try await withThrowingTaskGroup(of: Ending.self) { group in
            for service in services {
                group.addTask {
                    try await service.run()
                    return .service
                }
            }
            group.addTask {
                // Both end at once when they are cancelled, which is when all services have ended.
                try? await gracefulShutdown()
                try? await Task.sleep(for: limit)
                return .limit
            }
            var runningCount = services.count
            while runningCount > 0, let ending = try await group.next() {
                switch ending {
                case .service: runningCount -= 1
                case .limit:
                    if !Task.isCancelled { logger.warning("what is under way is given up after \(limit)") }
                    group.cancelAll()
                }
            }
            group.cancelAll()
        }
    }
}
