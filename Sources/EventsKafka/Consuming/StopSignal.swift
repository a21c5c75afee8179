internal import Synchronization

/// Tells a loop to end, also while it sleeps.
final class StopSignal: Sendable {
    private struct State {
        var isGiven = false
        var sleeper: Task<Void, Never>?
        var wake: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    var isGiven: Bool { state.withLock { $0.isGiven } }

    func give() {
        state.withLock { state in
            state.isGiven = true
            state.sleeper?.cancel()
            state.wake?()
        }
    }

    /// - Parameter wake: Called when the signal is given, until it is replaced. It must not take long.
    func onGiven(_ wake: (@Sendable () -> Void)?) {
        state.withLock { $0.wake = wake }
    }

    /// Returns early when the signal is given.
    func sleep(for duration: Duration) async {
        // A sleep that is cut short has done its part.
        let sleeper = Task { _ = try? await Task.sleep(for: duration) }
        state.withLock { state in
            if state.isGiven { sleeper.cancel() } else { state.sleeper = sleeper }
        }
        await sleeper.value
    }
}
