internal import Synchronization

/// The bounded queue between the callers and the one loop that commits. No timer: the next batch is whatever arrived
/// while the last one committed, so batches are small when quiet and large under load.
final class WorkQueue<Item: Sendable>: Sendable {
    private struct State {
        var items: [Item] = []
        var isClosed = false
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) {
        self.capacity = capacity
    }

    var count: Int { state.withLock { $0.items.count } }

    /// False when the queue is full or closed; the item was not taken then.
    func add(_ item: Item) -> Bool {
        let (isAdded, waiting) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
            guard !state.isClosed, state.items.count < capacity else { return (false, nil) }
            state.items.append(item)
            defer { state.waiting = nil }
            return (true, state.waiting)
        }
        waiting?.resume()
        return isAdded
    }

    /// Waits until there is something, and takes all of it up to `limit`. Nil when the queue is closed and empty.
    /// Only one caller may wait at a time.
    func take(limit: Int) async -> [Item]? {
        while true {
            let taken = state.withLock { state -> [Item]? in
                if state.items.count <= limit {
                    defer { state.items.removeAll(keepingCapacity: true) }
                    return state.items
                }
                let first = Array(state.items.prefix(limit))
                state.items.removeFirst(limit)
                return first
            }
            if let taken, !taken.isEmpty { return taken }
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let isReady = state.withLock { state in
                    precondition(state.waiting == nil, "two loops wait on one queue")
                    if !state.items.isEmpty || state.isClosed { return true }
                    state.waiting = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
            if state.withLock({ $0.isClosed && $0.items.isEmpty }) { return nil }
        }
    }

    /// Takes nothing more. What is in the queue can still be taken out.
    func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }
}
