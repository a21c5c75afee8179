internal import Domain
internal import Ports
internal import Synchronization

/// Those of this process who listen to a date's notices.
final class LocalListeners: Sendable {
    private struct State {
        var nextID: UInt64 = 0
        var byDate: [DateID: [UInt64: AsyncStream<Notice>.Continuation]] = [:]
    }

    private let state = Mutex(State())
    private let bufferedMax: Int

    /// - Parameter bufferedMax: Notices kept for a listener that is slow, 1 or more. Beyond it the oldest are lost.
    init(bufferedMax: Int) {
        precondition(bufferedMax >= 1, "a listener must be able to keep one notice")
        self.bufferedMax = bufferedMax
    }

    func tell(_ notice: Notice, about date: DateID) {
        // Told outside the lock: a listener that ends takes the lock itself.
        let told = state.withLock { $0.byDate[date].map { Array($0.values) } }
        for continuation in told ?? [] { continuation.yield(notice) }
    }

    func notices(about date: DateID) -> AsyncStream<Notice> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Notice.self, bufferingPolicy: .bufferingNewest(bufferedMax))
        let id = state.withLock { state in
            state.nextID += 1
            state.byDate[date, default: [:]][state.nextID] = continuation
            return state.nextID
        }
        continuation.onTermination = { [weak self] _ in self?.remove(id, from: date) }
        return stream
    }

    private func remove(_ id: UInt64, from date: DateID) {
        state.withLock { state in
            state.byDate[date]?[id] = nil
            if state.byDate[date]?.isEmpty == true { state.byDate[date] = nil }
        }
    }
}
