internal import Dispatch
internal import Synchronization

/// A thread for calls that block, one after the other, so that none of them holds up the pool that async functions
/// share.
final class BlockingThread: Sendable {
    /// How long a call that was told to stop is waited for: some, such as looking up a name, cannot be.
    private static let graceMs = 2_000

    private let queue: DispatchQueue

    init(named name: String) {
        queue = DispatchQueue(label: name)
    }

    /// - Parameter stop: Called when the task is cancelled: has the call end soon.
    /// - Returns: Nil when the task was cancelled and the call did not end soon after; it then ends by itself.
    func run<Result: Sendable>(
        stop: @escaping @Sendable () -> Void, _ body: @escaping @Sendable () -> Result
    ) async -> Result? {
        let answer = Answer<Result>()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                answer.wait(with: continuation)
                queue.async { answer.give(body()) }
            }
        } onCancel: {
            stop()
            DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(Self.graceMs)) { answer.give(nil) }
        }
    }
}

/// The first of two results that may come; the other one is dropped.
private final class Answer<Result: Sendable>: Sendable {
    private enum State {
        case empty
        case waiting(CheckedContinuation<Result?, Never>)
        case given
    }

    private let state = Mutex(State.empty)

    /// Called once, before any result is given but one of a task that was cancelled long ago.
    func wait(with continuation: CheckedContinuation<Result?, Never>) {
        let isGiven = state.withLock { state in
            if case .given = state { return true }
            state = .waiting(continuation)
            return false
        }
        if isGiven { continuation.resume(returning: nil) }
    }

    func give(_ result: Result?) {
        let waiting = state.withLock { state -> CheckedContinuation<Result?, Never>? in
            defer { state = .given }
            guard case .waiting(let continuation) = state else { return nil }
            return continuation
        }
        waiting?.resume(returning: result)
    }
}
