public import Domain

/// What a process tells the others of a seat it has changed.
public struct SeatUpdate: Hashable, Sendable {
    public let seatID: SeatID
    public let state: SeatState
    /// As ``Seat/heldUntil``.
    public let heldUntil: Timestamp?
    /// As ``Seat/version``: of two updates of one seat the one with the higher version is the newer, in whatever order
    /// they arrive.
    public let version: Int64

    public init(seatID: SeatID, state: SeatState, heldUntil: Timestamp?, version: Int64) {
        self.seatID = seatID
        self.state = state
        self.heldUntil = heldUntil
        self.version = version
    }
}

/// What arrives from the other processes.
public enum SeatArrival: Hashable, Sendable {
    case changed(DateID, [SeatUpdate])
    /// The seats of a date were replaced, or who may see them: its map must be read again.
    case replaced(DateID)
    /// Some news may be lost: all maps must be read again.
    case missed
}

/// Seat changes, told from process to process after their commit, so that all seat maps become equal.
///
/// At most once, in any order. A driver that loses something, or cannot tell whether it did, says so by
/// ``SeatArrival/missed``. A single process has nobody to tell: there nothing arrives.
public protocol SeatNews: Sendable {
    /// Tells the other processes. Returns at once: nobody waits for the news to be out.
    func send(_ news: SeatArrival)
    /// What the others tell, from now on. Only one may listen: the engine.
    func arrivals() -> AsyncStream<SeatArrival>
}
