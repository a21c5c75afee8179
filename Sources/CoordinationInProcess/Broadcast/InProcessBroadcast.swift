public import Domain
public import Ports
import Synchronization

/// Tells the listeners of this process. A date that nobody listens to costs a publisher one atomic load when nobody
/// listens to any, and one look into a dictionary otherwise.
public final class InProcessBroadcast: Broadcast {
    private struct Listeners {
        var nextID: UInt64 = 0
        var byDate: [DateID: [UInt64: AsyncStream<Notice>.Continuation]] = [:]
    }

    private let listeners = Mutex(Listeners())
    private let listenerCount = Atomic<Int>(0)
    private let bufferedMax: Int

    /// - Parameter bufferedMax: Notices kept for a listener that is slow, 1 or more. Beyond it the oldest are lost.
    public init(bufferedMax: Int = 256) {
        precondition(bufferedMax >= 1, "a listener must be able to keep one notice")
        self.bufferedMax = bufferedMax
    }

    public func publish(_ notice: Notice, about date: DateID) {
        guard listenerCount.load(ordering: .acquiring) > 0 else { return }
        // Told outside the lock: a listener that ends takes the lock itself.
        let told = listeners.withLock { $0.byDate[date].map { Array($0.values) } }
        for continuation in told ?? [] { continuation.yield(notice) }
    }

    public func notices(about date: DateID) -> AsyncStream<Notice> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Notice.self, bufferingPolicy: .bufferingNewest(bufferedMax))
        let id = listeners.withLock { listeners in
            listeners.nextID += 1
            listeners.byDate[date, default: [:]][listeners.nextID] = continuation
            return listeners.nextID
        }
        listenerCount.add(1, ordering: .releasing)
        continuation.onTermination = { [weak self] _ in self?.remove(id, from: date) }
        return stream
    }

    /// How many listen to a date now.
    public func listenerCount(of date: DateID) -> Int {
        listeners.withLock { $0.byDate[date]?.count ?? 0 }
    }

    private func remove(_ id: UInt64, from date: DateID) {
        let removed = listeners.withLock { listeners in
            let removed = listeners.byDate[date]?.removeValue(forKey: id) != nil
            if listeners.byDate[date]?.isEmpty == true { listeners.byDate[date] = nil }
            return removed
        }
        if removed { listenerCount.subtract(1, ordering: .releasing) }
    }
}
