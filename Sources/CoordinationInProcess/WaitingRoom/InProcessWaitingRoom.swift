public import Domain
public import Ports
import Synchronization

/// The queues before the sales in the memory of this process: one room a date, each behind its own lock.
///
/// Every call takes about a microsecond and never suspends, so it may be made on an event loop. What is lost at a
/// restart comes back with the fans: each brings the number of its token.
public final class InProcessWaitingRoom: WaitingRoom {
    /// How long a room waits for fans.
    public struct Patience: Hashable, Sendable {
        /// Seconds that a fan who was called has to answer before being passed over.
        public var answerSeconds: Int
        /// Seconds that the place of a waiting fan is kept without a sign of life. Then the fan is passed over.
        public var keepSeconds: Int
        /// Seconds that the number of a fan who was passed over is remembered. Bounds the memory of a room.
        public var rememberSeconds: Int

        public static var standard: Patience {
            Patience(answerSeconds: 30, keepSeconds: 30 * 60, rememberSeconds: 6 * 60 * 60)
        }

        public init(answerSeconds: Int, keepSeconds: Int, rememberSeconds: Int) {
            self.answerSeconds = answerSeconds
            self.keepSeconds = keepSeconds
            self.rememberSeconds = rememberSeconds
        }
    }

    private let rooms = Mutex<[DateID: LockedRoom]>([:])
    private let patience: Patience

    public init(patience: Patience = .standard) {
        self.patience = patience
    }

    public func open(_ date: DateID, rules: WaitingRoomRules, firstNumber: Int64) {
        rooms.withLock { rooms in
            if let room = rooms[date] {
                room.state.withLock { $0.change(rules) }
            } else {
                rooms[date] = LockedRoom(
                    DateRoom(date: date, rules: rules, patience: patience, firstNumber: firstNumber))
            }
        }
    }

    public func change(_ date: DateID, rules: WaitingRoomRules) -> Bool {
        guard let room = room(of: date) else { return false }
        room.state.withLock { $0.change(rules) }
        return true
    }

    public func close(_ date: DateID) {
        rooms.withLock { _ = $0.removeValue(forKey: date) }
    }

    /// Takes a place, or gives the one that the fan has.
    ///
    /// - Parameter number: Given back if this room has neither given nor restored it since it was made. A number that
    ///   the room itself gave and that nobody has any more is used up: its fan was inside, left, or was forgotten.
    ///   Zero is the number of a place from before the draw and counts as none: if an earlier room drew the fan, that
    ///   number is given back.
    public func join(_ date: DateID, fan: UserID, bringing number: Int64?, now: Timestamp) -> QueuePlace? {
        room(of: date)?.state.withLock { $0.join(fan, bringing: number, now: now) } ?? nil
    }

    public func place(of fan: UserID, on date: DateID, bringing number: Int64?, now: Timestamp) -> QueuePlace? {
        room(of: date)?.state.withLock { $0.place(of: fan, bringing: number, now: now) } ?? nil
    }

    public func isActive(_ fan: UserID, on date: DateID, now: Timestamp) -> Bool {
        room(of: date)?.state.withLock { $0.isActive(fan, now: now) } ?? false
    }

    public func leave(_ date: DateID, fan: UserID, now: Timestamp) {
        room(of: date)?.state.withLock { $0.leave(fan, now: now) }
    }

    public func admit(_ date: DateID, seatsLeft: Int, isSoldOut: Bool, now: Timestamp) -> Int {
        room(of: date)?.state.withLock { $0.admit(seatsLeft: seatsLeft, isSoldOut: isSoldOut, now: now) } ?? 0
    }

    public func draw(of date: DateID) -> DrawResult? {
        room(of: date)?.state.withLock { $0.drawn }
    }

    public func recall(_ draw: DrawResult, of date: DateID) {
        room(of: date)?.state.withLock { $0.recall(draw) }
    }

    public func figures(of date: DateID, now: Timestamp) -> QueueFigures? {
        room(of: date)?.state.withLock { $0.figures(now: now) }
    }

    private func room(of date: DateID) -> LockedRoom? {
        rooms.withLock { $0[date] }
    }
}

/// A room behind its lock. A class, since a `Mutex` cannot lie in a dictionary.
private final class LockedRoom: Sendable {
    let state: Mutex<DateRoom>

    init(_ room: sending DateRoom) {
        state = Mutex(room)
    }
}
