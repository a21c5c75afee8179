public import Domain
internal import Logging
public import Ports

/// The queues before the sales, in Redis, for any number of processes (docs/adr/0012).
///
/// Redis may lose everything: a fan is told of a place only after the store remembers it, and a room that Redis has
/// lost is put together again from there before anyone is answered.
public final class RedisWaitingRoom: WaitingRoom {
    /// Whose time holds in the rooms.
    public enum Clock: Sendable {
        /// The Redis server's: one for all processes. The `now` of calls is not looked at.
        case server
        /// That of whoever calls, for tests that make time.
        case callers
    }

    private static let lookMax = 256
    private static let saveMax = 1_024
    private static let waitingMax = 50_000

    private let calls: RoomCalls
    private let looks: Gatherer<DateID, Look, Sighting>
    private let wishes: Gatherer<DateID, JoinWish, Sighting>
    private let saves: Gatherer<DateID, UnsavedPlace, Bool>

    init(
        servers: any RedisServers, joins: any QueueJoinStore, prefix: String, clock: Clock, logger: Logger
    ) {
        let calls = RoomCalls(
            servers: servers, joins: joins, book: RoomBook(prefix: "\(prefix):room"), clock: clock, logger: logger)
        self.calls = calls
        looks = Gatherer(batchMax: Self.lookMax, waitingMax: Self.waitingMax) { calls.look($0, $1, $2) }
        wishes = Gatherer(batchMax: Self.lookMax, waitingMax: Self.waitingMax) { calls.join($0, $1, $2) }
        saves = Gatherer(batchMax: Self.saveMax, waitingMax: Self.waitingMax) { calls.save($0, $1, $2) }
    }

    /// Sets what opens a room that Redis has lost: it must call ``change(_:rules:)`` and then
    /// ``open(_:rules:firstNumber:)``, with the rules that hold and numbers that no room was given. Until it has, calls
    /// for that date throw `unavailable`.
    public func whenLost(_ reopen: @escaping @Sendable (DateID) async throws(Fault) -> Void) {
        calls.book.setReopen(reopen)
    }

    /// Makes the room of a date, from the joins that the store remembers; first come, first served among processes.
    public func open(_ date: DateID, rules: WaitingRoomRules, firstNumber: Int64) async throws(Fault) {
        try await calls.open(date, rules: rules, firstNumber: firstNumber)
    }

    /// - Returns: False when there is no such room, or Redis has lost it. Then the caller is the one who may make it:
    ///   other processes that ask wait for a few seconds.
    public func change(_ date: DateID, rules: WaitingRoomRules) async throws(Fault) -> Bool {
        try await calls.change(date, rules: rules)
    }

    public func close(_ date: DateID) async throws(Fault) {
        try await calls.close(date)
    }

    public func join(_ date: DateID, fan: UserID, bringing number: Int64?, now: Timestamp) async throws(Fault)
        -> QueuePlace?
    {
        try await remembered(
            try await wishes.ask(JoinWish(fan: fan, number: number ?? 0, now: now), of: date), of: fan, on: date)
    }

    public func place(of fan: UserID, on date: DateID, bringing number: Int64?, now: Timestamp) async throws(Fault)
        -> QueuePlace?
    {
        try await remembered(
            try await looks.ask(Look(kind: .place, fan: fan, number: number ?? 0, now: now), of: date),
            of: fan, on: date)
    }

    public func isActive(_ fan: UserID, on date: DateID, now: Timestamp) async throws(Fault) -> Bool {
        try await looks.ask(Look(kind: .isActive, fan: fan, number: 0, now: now), of: date).place != nil
    }

    public func leave(_ date: DateID, fan: UserID, now: Timestamp) async throws(Fault) {
        guard let gone = try await calls.leave(date, fan: fan, now: now) else { return }
        do throws(Fault) {
            _ = try await saves.ask(gone, of: date)
        } catch {
            // It stays among what the store has to learn, and whoever admits sees to it.
            calls.logger.warning("a fan who left was not forgotten yet", metadata: ["fault": "\(error)"])
        }
    }

    public func admit(_ date: DateID, seatsLeft: Int, isSoldOut: Bool, now: Timestamp) async throws(Fault) -> Int {
        try await calls.admit(date, seatsLeft: seatsLeft, isSoldOut: isSoldOut, now: now)
    }

    public func figures(of date: DateID, now: Timestamp) async throws(Fault) -> QueueFigures? {
        try await calls.room(RoomScripts.figures, date, now: now)?.figures
    }

    /// The place, after the store knows of it, if the room still has it then.
    private func remembered(_ sighting: Sighting, of fan: UserID, on date: DateID) async throws(Fault)
        -> QueuePlace?
    {
        guard let place = sighting.place, let change = sighting.change else { return sighting.place }
        guard try await saves.ask(UnsavedPlace(fan: fan, number: place.number, change: change), of: date) else {
            throw Fault(.unavailable, attempt: "remember a place", reason: "the room does not have it any more")
        }
        return place
    }
}
