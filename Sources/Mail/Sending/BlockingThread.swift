internal import Dispatch

/// A thread for calls that block, one after the other, so that none of them holds up the pool that async functions
/// share.
final class BlockingThread: Sendable {
    private let queue: DispatchQueue

    init(named name: String) {
        queue = DispatchQueue(label: name)
    }

    func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
    }
}
