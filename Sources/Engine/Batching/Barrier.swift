internal import Synchronization

/// A point that several loops reach before one of them works, and leave together when it has.
final class Barrier: Sendable {
    private struct State {
        var missing: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
        var isDone = false
    }

    private let state: Mutex<State>
    private let work: @Sendable () async -> Void

    /// - Parameter count: How many loops come here: 1 or more.
    init(count: Int, work: @escaping @Sendable () async -> Void) {
        state = Mutex(State(missing: count))
        self.work = work
    }

    /// Called once by each loop. The last to come does the work; the others wait for it.
    func reach() async {
        let isLast = state.withLock { state in
            state.missing -= 1
            return state.missing == 0
        }
        if isLast {
            await work()
            let waiting = state.withLock { state in
                state.isDone = true
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
            return
        }
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isDone = state.withLock { state in
                if !state.isDone { state.waiting.append(continuation) }
                return state.isDone
            }
            if isDone { continuation.resume() }
        }
    }
}
