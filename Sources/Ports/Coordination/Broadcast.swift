public import Domain

/// Something that everyone who looks at a date should see soon.
public enum Notice: Sendable {
    /// Seats that changed. `version` is the map's after the change; one that does not follow the last tells of a gap.
    case seats(version: Int64, changes: [SeatChange])
    /// All seats were replaced, or so many notices were missed that the map must be fetched again.
    case mapReplaced(version: Int64)
    case queue(QueueFigures)
    case soldOut
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
