internal import Synchronization

/// Lets one loop sleep until there is something to do, or until a limit.
public final class WakeUp: Sendable {
    private struct State {
        var isAwake = false
        var sleeper: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    public init() {}

    /// Ends the sleep of the loop, or its next one at once.
    public func wake() {
        let sleeper = state.withLock { state in
            state.isAwake = state.sleeper == nil
            defer { state.sleeper = nil }
            return state.sleeper
        }
        sleeper?.resume()
    }

    /// Sleeps until woken, for `limitMs` at most. Only one loop may sleep at a time.
    func sleep(limitMs: Int) async {
        let alarm = Task {
            try await Task.sleep(for: .milliseconds(limitMs))
            wake()
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let isAwake = state.withLock { state in
                    precondition(state.sleeper == nil, "two loops sleep on one wake-up")
                    if state.isAwake || Task.isCancelled {
                        state.isAwake = false
                        return true
                    }
                    state.sleeper = continuation
                    return false
                }
                if isAwake { continuation.resume() }
            }
        } onCancel: {
            wake()
        }
        alarm.cancel()
    }
}
