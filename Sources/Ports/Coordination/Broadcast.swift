public import Domain

/// Something that everyone who looks at a date should see soon.
public enum Notice: Sendable {
    case seats(ChangedSeats)
    /// The map of before is not followed any more: its seats were replaced, or who may see them.
    case mapReplaced
    case queue(QueueFigures)
    case soldOut
}

/// Seats of a map that changed together.
public struct ChangedSeats: Hashable, Sendable {
    /// The version of the map after the change before. A listener whose map is older than that has missed something.
    public let previous: Int64
    /// The version of the map after the change.
    public let version: Int64
    public let changes: [SeatChange]

    public init(previous: Int64, version: Int64, changes: [SeatChange]) {
        self.previous = previous
        self.version = version
        self.changes = changes
    }
}

/// A seat as a map shows it.
public struct SeatChange: Hashable, Sendable {
    /// The seat's place in the order of the layout.
    public let ordinal: Int
    public let state: SeatState

    public init(ordinal: Int, state: SeatState) {
        self.ordinal = ordinal
        self.state = state
    }
}

/// Tells all who listen to a date, in this and other processes. At most once: a listener that is too slow loses
/// notices, sees the gap by the version, and reads the map again.
public protocol Broadcast: Sendable {
    func publish(_ notice: Notice, about date: DateID)
    /// The notices from now on, the newest kept when the listener is slow. Ends when the listener stops reading.
    func notices(about date: DateID) -> AsyncStream<Notice>
}
