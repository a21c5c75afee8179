public import ServiceLifecycle
internal import Synchronization

/// The first step of a shutdown: for a moment the program is not ready and still answers, so that whoever spreads the
/// requests stops sending them here before the door closes.
///
/// It must be the last service of its group: they are stopped from the last to the first.
public final class Drain: Service {
    private let isBegun = Atomic(false)
    private let milliseconds: Int

    public init(milliseconds: Int) {
        self.milliseconds = milliseconds
    }

    var hasBegun: Bool { isBegun.load(ordering: .acquiring) }

    public func run() async throws {
        try await gracefulShutdown()
        isBegun.store(true, ordering: .releasing)
        try await Task.sleep(for: .milliseconds(milliseconds))
    }
}
