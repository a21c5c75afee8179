internal import Domain
internal import Ports
internal import Synchronization

/// What this process knows of the rooms that it has dealt with. None of it is a truth; it saves questions.
final class RoomBook: Sendable {
    private static let reopenEvery = Duration.milliseconds(200)
    private static let reservedFor = Duration.seconds(15)
    private static let saveCalledEvery = Duration.seconds(1)

    private struct Room {
        let keys: RoomKeys
        /// The seed of the draw, where it is known.
        var seed: [UInt8]?
        /// The highest number that the store knows to be called, and when it was told.
        var savedCalled: Int64 = 0
        var savedCalledAt: ContinuousClock.Instant?
        var isDraining = false
    }

    /// How far this process is with making a room.
    private enum Making {
        /// Somebody was told that there is none, and is expected to open it: with numbers that were claimed after Redis
        /// had reserved the rebuild for this owner.
        /// Who was told so before and is late has numbers that were claimed earlier, and cannot be told from the one who
        /// was told last: then neither may open it.
        case reserved(until: ContinuousClock.Instant, owner: [UInt8]?, isForOne: Bool)
        case opening
    }

    private struct State {
        var rooms: [DateID: Room] = [:]
        var reopening: Set<DateID> = []
        var making: [DateID: Making] = [:]
        var reopen: (@Sendable (DateID) async throws(Fault) -> Void)?
    }

    private let prefix: String
    private let state = Mutex(State())

    init(prefix: String) {
        self.prefix = prefix
    }

    func keys(of date: DateID) -> RoomKeys {
        state.withLock { $0.rooms[date]?.keys } ?? RoomKeys(date, prefix: prefix)
    }

    func seed(of date: DateID) -> [UInt8]? { state.withLock { $0.rooms[date]?.seed } }

    func isKnown(_ date: DateID) -> Bool { state.withLock { $0.rooms[date] != nil } }

    /// The room is there. Only dates that have one are kept, so the book is no longer than the list of sales.
    func note(_ date: DateID, seed: [UInt8]? = nil) {
        state.withLock { state in
            if state.rooms[date] == nil { state.rooms[date] = Room(keys: RoomKeys(date, prefix: prefix)) }
            if let seed { state.rooms[date]?.seed = seed }
        }
    }

    func forget(_ date: DateID) { state.withLock { _ = $0.rooms.removeValue(forKey: date) } }

    // MARK: - Rooms that were lost

    func setReopen(_ reopen: @escaping @Sendable (DateID) async throws(Fault) -> Void) {
        state.withLock { $0.reopen = reopen }
    }

    /// Has a lost room opened again, by one task at a time, until it succeeds.
    func reopen(_ date: DateID, failed: @escaping @Sendable (Fault) -> Void) {
        let reopen = state.withLock { state in
            state.reopen.flatMap { state.reopening.insert(date).inserted ? $0 : nil }
        }
        guard let reopen else { return }
        Task {
            do throws(Fault) {
                try await reopen(date)
            } catch {
                failed(error)
                // Whoever asks next tries again, but not at full speed.
                try? await Task.sleep(for: Self.reopenEvery)
            }
            self.state.withLock { _ = $0.reopening.remove(date) }
        }
    }

    /// Whether the caller is the one of this process who may make the room, for a few seconds.
    func reserve(_ date: DateID) -> Bool {
        state.withLock { state in
            let now = ContinuousClock.now
            switch state.making[date] {
            case .opening: return false
            case .reserved(let until, _, _) where until > now: return false
            case .reserved:
                state.making[date] = .reserved(until: now + Self.reservedFor, owner: nil, isForOne: false)
                return true
            case nil:
                state.making[date] = .reserved(until: now + Self.reservedFor, owner: nil, isForOne: true)
                return true
            }
        }
    }

    /// Redis has reserved the rebuild too.
    func reserve(_ date: DateID, for owner: [UInt8]) {
        state.withLock { state in
            guard case .reserved(let until, _, let isForOne) = state.making[date] else { return }
            state.making[date] = .reserved(until: until, owner: owner, isForOne: isForOne)
        }
    }

    /// Whose turn it is to make a room.
    enum Turn {
        /// The caller's, for whom Redis has reserved the rebuild. It ends with ``endMaking(_:)``.
        case mine(owner: [UInt8])
        /// Another's of this process.
        case anothers
        /// Nobody's: it is not reserved, or for more than one.
        case nobodys
    }

    /// One at a time in a process opens a room.
    func beginOpening(_ date: DateID) -> Turn {
        state.withLock { state in
            switch state.making[date] {
            case .opening, .reserved(_, nil, _): return .anothers
            case nil: return .nobodys
            case .reserved(_, .some, isForOne: false):
                state.making[date] = nil
                return .nobodys
            case .reserved(_, .some(let owner), isForOne: true):
                state.making[date] = .opening
                return .mine(owner: owner)
            }
        }
    }

    /// Nobody comes to open it any more.
    func endReservation(_ date: DateID) {
        state.withLock { state in
            if case .reserved = state.making[date] { state.making[date] = nil }
        }
    }

    func endMaking(_ date: DateID) { state.withLock { _ = $0.making.removeValue(forKey: date) } }

    // MARK: - What the store is told of admissions

    /// Whether the store is to be told that all up to a number were called: about once a second, if it has grown.
    func isCalledDue(_ number: Int64, of date: DateID) -> Bool {
        state.withLock { state in
            guard let room = state.rooms[date], number > room.savedCalled else { return false }
            let now = ContinuousClock.now
            if let last = room.savedCalledAt, now - last < Self.saveCalledEvery { return false }
            state.rooms[date]?.savedCalledAt = now
            return true
        }
    }

    func calledSaved(_ number: Int64, of date: DateID) {
        state.withLock { $0.rooms[date]?.savedCalled = number }
    }

    /// - Returns: Whether the caller is the one that drains.
    func beginDraining(_ date: DateID) -> Bool {
        state.withLock { state in
            guard let room = state.rooms[date], !room.isDraining else { return false }
            state.rooms[date]?.isDraining = true
            return true
        }
    }

    func endDraining(_ date: DateID) { state.withLock { $0.rooms[date]?.isDraining = false } }
}
