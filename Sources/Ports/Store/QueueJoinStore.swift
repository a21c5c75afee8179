public import Domain

/// A fan's place in a waiting room, as it is kept to rebuild the room.
public struct QueueJoin: Hashable, Sendable {
    public let fan: UserID
    /// The fan's number. 0 for one who came before opening, until the draw.
    public let number: Int64

    public init(fan: UserID, number: Int64) {
        self.fan = fan
        self.number = number
    }
}

/// What is kept of waiting rooms that live outside the program and may lose everything.
///
/// A fan is told of a place only after it was remembered here, so a room that is rebuilt knows everyone who was told. A
/// drawn number is told only after the draw was kept, so that those who were not told yet can be given theirs again.
public protocol QueueJoinStore: DrawStore {
    /// Remembers places. Of two numbers that a fan has on this date the higher one is kept: numbers only grow, and word
    /// of a place from before the draw may come late.
    func remember(_ joins: [QueueJoin], of date: DateID) async throws(Fault)
    /// Forgets places of fans who left.
    func forget(_ fans: [UserID], of date: DateID) async throws(Fault)
    /// The places of a date by number and then by fan, those after `after`, at most `limit`.
    func joins(of date: DateID, after: QueueJoin?, limit: Int) async throws(Fault) -> [QueueJoin]
    /// Remembers that everyone up to a number was called. It never goes down.
    func rememberCalled(upTo number: Int64, of date: DateID) async throws(Fault)
    /// The highest number that was remembered as called; 0 when none was.
    func calledUpTo(of date: DateID) async throws(Fault) -> Int64
    /// Forgets all of a date: its room is closed for good.
    func forgetJoins(of date: DateID) async throws(Fault)
}
