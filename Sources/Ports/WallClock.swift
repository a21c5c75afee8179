public import Domain

/// What time it is. The one place where time comes from, so that a simulation can make it.
public protocol WallClock: Sendable {
    /// The present moment. It never goes back by more than a second, and never jumps: where a clock follows the
    /// machine's, it follows the monotonic one.
    func now() -> Timestamp
}
