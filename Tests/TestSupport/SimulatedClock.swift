public import Domain
public import Ports
import Synchronization

/// A clock that stands still until it is told to move.
public final class SimulatedClock: WallClock {
    private let time: Mutex<Timestamp>

    /// - Parameter start: Seven in the evening in Seoul, when tickets are often put on sale.
    public init(at start: Timestamp = Timestamp(milliseconds: 1_795_341_600_000)) {
        time = Mutex(start)
    }

    public func now() -> Timestamp { time.withLock { $0 } }

    /// Moves the clock, back for a negative number. A ``WallClock`` may go back by a second and no more.
    public func advance(milliseconds: Int64) {
        time.withLock { $0 = $0.adding(milliseconds: milliseconds) }
    }

    public func set(to moment: Timestamp) {
        time.withLock { $0 = moment }
    }
}
