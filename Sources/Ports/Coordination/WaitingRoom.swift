public import Domain

/// What a waiting room must know of its date.
public struct WaitingRoomRules: Hashable, Sendable {
    public var settings: QueueSettings
    public var opensAt: Timestamp
    public var closesAt: Timestamp
    /// Orders the fans who came before opening.
    public var drawSeed: [UInt8]

    public init(settings: QueueSettings, opensAt: Timestamp, closesAt: Timestamp, drawSeed: [UInt8]) {
        self.settings = settings
        self.opensAt = opensAt
        self.closesAt = closesAt
        self.drawSeed = drawSeed
    }
}

/// A fan's place in one date's waiting room.
public struct QueuePlace: Hashable, Sendable {
    public enum Status: String, Sendable {
        case waiting = "WAITING"
        case active = "ACTIVE"
    }

    public var status: Status
    /// The fan's number. Numbers only grow. Zero before the draw.
    public var number: Int64
    /// How many fans who wait are called before this one. Nil before the draw: nobody has an order yet.
    public var ahead: Int?
    /// Until the fan's turn, from the rate of admissions of late. Nil while it cannot be known.
    public var estimatedWaitSeconds: Int?
    /// When it is worth asking again.
    public var pollAfterMs: Int
    /// While active: until when the fan may hold seats. While waiting: until when the place is kept if the fan does
    /// not ask again.
    public var expiresAt: Timestamp
    /// Nothing is left to sell; waiting has become pointless. Not while held seats may still come back.
    public var isSoldOut: Bool

    public init(
        status: Status, number: Int64, ahead: Int?, estimatedWaitSeconds: Int?, pollAfterMs: Int,
        expiresAt: Timestamp, isSoldOut: Bool
    ) {
        self.status = status
        self.number = number
        self.ahead = ahead
        self.estimatedWaitSeconds = estimatedWaitSeconds
        self.pollAfterMs = pollAfterMs
        self.expiresAt = expiresAt
        self.isSoldOut = isSoldOut
    }
}

/// What everyone may know of a waiting room.
public struct QueueFigures: Hashable, Sendable {
    public var waiting: Int
    public var active: Int
    /// The highest number that was called.
    public var calledUpTo: Int64
    /// Fans let in over the last ten seconds, a second.
    public var admittedPerSecond: Double
    public var isPaused: Bool
    public var isSoldOut: Bool
    /// Whether nobody gathers any more: who came before opening has been drawn, or nobody came. Only then is the seed of
    /// the draw to be shown, whatever the time is elsewhere.
    public var hasDrawn: Bool

    public init(
        waiting: Int, active: Int, calledUpTo: Int64, admittedPerSecond: Double, isPaused: Bool, isSoldOut: Bool,
        hasDrawn: Bool = false
    ) {
        self.waiting = waiting
        self.active = active
        self.calledUpTo = calledUpTo
        self.admittedPerSecond = admittedPerSecond
        self.isPaused = isPaused
        self.isSoldOut = isSoldOut
        self.hasDrawn = hasDrawn
    }
}

/// The queues before the sales, one for each date.
///
/// A place belongs to the account. A fan who is called and does not answer is passed over and keeps the number: on
/// return it is called next.
public protocol WaitingRoom: Sendable {
    /// Makes the room of a date. Where there is one already, only its rules change.
    ///
    /// - Parameter firstNumber: The first number that the room gives, 1 or more: greater than any that was given
    ///   before, so that none is given twice.
    func open(_ date: DateID, rules: WaitingRoomRules, firstNumber: Int64) async throws(Fault)

    /// Changes the rules of a room. With a new seed there is a new draw, of those who come from then on and before
    /// opening; who has a number keeps it.
    ///
    /// - Returns: False when there is no such room.
    func change(_ date: DateID, rules: WaitingRoomRules) async throws(Fault) -> Bool

    /// Forgets a room and all who are in it: its date is over, or gone. Not an error when there is none.
    func close(_ date: DateID) async throws(Fault)

    /// Takes a place, or gives the one that the fan has. Lets the fan in at once when nobody waits and there is room.
    ///
    /// - Parameter number: The number of a token that the fan brings from before a restart: the room gives it back.
    /// - Returns: Nil when the date has no room, or its sale has closed and the fan is not inside.
    func join(_ date: DateID, fan: UserID, bringing number: Int64?, now: Timestamp) async throws(Fault) -> QueuePlace?

    /// The fan's place, and a sign that the fan is still there. Nil when there is none.
    func place(of fan: UserID, on date: DateID, bringing number: Int64?, now: Timestamp) async throws(Fault)
        -> QueuePlace?

    /// Whether the fan is inside now. Asking is a sign of the fan: who was called and holds seats is not passed over.
    func isActive(_ fan: UserID, on date: DateID, now: Timestamp) async throws(Fault) -> Bool

    func leave(_ date: DateID, fan: UserID, now: Timestamp) async throws(Fault)

    /// Ends the stay of those whose time is over, passes over those who do not answer, and lets in as many as the
    /// rules allow.
    ///
    /// - Parameters:
    ///   - seatsLeft: Seats that nobody owns or holds. None are let in when it is zero.
    ///   - isSoldOut: Nothing is held either, so that no seat comes back. Places and figures say so from now on, until
    ///     another call says that it is not so any more.
    /// - Returns: How many were let in.
    func admit(_ date: DateID, seatsLeft: Int, isSoldOut: Bool, now: Timestamp) async throws(Fault) -> Int

    func figures(of date: DateID, now: Timestamp) async throws(Fault) -> QueueFigures?

    /// The draw of a room that forgets it with the process: to be kept, and given back by ``recall(_:of:)``. Nil before
    /// the draw, and for a driver that remembers its fans itself.
    func draw(of date: DateID) async throws(Fault) -> DrawResult?

    /// Tells a room that was just made what an earlier one drew: whoever took part gets that number, with or without a
    /// token that says it, and there is no second draw. Ignored when the room's seed is another.
    func recall(_ draw: DrawResult, of date: DateID) async throws(Fault)
}

extension WaitingRoom {
    public func draw(of date: DateID) async throws(Fault) -> DrawResult? { nil }
    public func recall(_ draw: DrawResult, of date: DateID) async throws(Fault) {}
}
