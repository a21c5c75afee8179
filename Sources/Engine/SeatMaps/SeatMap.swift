public import Domain
public import Ports
internal import Synchronization

/// The seats of one date in memory, for reading: who looks at a map never asks the store.
///
/// It follows the store after every commit, of this process and of the others, and decides nothing. Commits may be
/// shown in any order and more than once: of each seat the row with the highest version wins, so maps that were shown
/// the same commits are equal.
///
/// The map's version is a number that the seats themselves make up: where the layout's begin, and the versions of all
/// seats on top. It grows with every change, is the same in every process that knows the same, and the same again
/// after a restart.
public final class SeatMap: Sendable {
    public let layout: SeatLayout
    /// Whether the concert is published, or was: fans do not see the seats of a draft.
    public let isPublic: Bool
    private let isShared: Bool
    private let state: Mutex<State>

    fileprivate struct State {
        var version: Int64
        /// The version after the last change that anyone could see.
        var toldVersion: Int64
        var states: [SeatState]
        var heldUntil: [Timestamp?]
        /// Of each seat's row.
        var versions: [Int64]
        var packed: [UInt8]
        var available: Int
        /// Paid or blocked.
        var sold: Int
        /// The last changes, for listeners that come back: in order of version, at most `recentMax`.
        var recent: [Recent] = []
    }

    fileprivate struct Recent {
        let seats: ChangedSeats
        let at: Timestamp
    }

    /// How many changes a listener may have missed and still be brought up to date without a new map.
    private static let recentMax = 2_048
    /// Two processes learn of a commit at different moments. Whoever comes from another one is told again what this
    /// one learned so shortly before: that may be what the other did not know yet. Telling it twice does no harm.
    private static let newsTravelsMs: Int64 = 5_000

    /// - Parameter isShared: Whether other processes show the same date, so that a listener may come from one of them.
    init(layout: SeatLayout, seats: [Seat], isPublic: Bool, isShared: Bool = false) {
        precondition(seats.count == layout.seatIDs.count, "a map whose seats do not match its layout")
        self.layout = layout
        self.isPublic = isPublic
        self.isShared = isShared
        var packed = [UInt8](repeating: 0, count: (seats.count + 3) / 4)
        for (ordinal, seat) in seats.enumerated() { packed.set(seat.state.mapCode, at: ordinal) }
        let version = layout.firstMapVersion + seats.reduce(0) { $0 + $1.version }
        state = Mutex(
            State(
                version: version, toldVersion: version, states: seats.map(\.state),
                heldUntil: seats.map(\.heldUntil), versions: seats.map(\.version), packed: packed,
                available: seats.count { $0.state == .available }, sold: seats.count { $0.state.isSold }))
    }

    // MARK: Reading

    public var version: Int64 { state.withLock { $0.version } }

    public var counts: SeatCounts {
        state.withLock { SeatCounts(total: layout.seatIDs.count, available: $0.available, sold: $0.sold) }
    }

    /// The state of every seat, in the layout's order.
    public func states() -> (version: Int64, states: [SeatState]) {
        state.withLock { ($0.version, $0.states) }
    }

    /// Two bits a seat in the layout's order, the first seat in the lowest bits of the first byte: 0 available,
    /// 1 held, 2 sold, 3 blocked.
    public func packedStates() -> (version: Int64, bytes: [UInt8]) {
        state.withLock { ($0.version, $0.packed) }
    }

    /// What changed after `version`, oldest first. Nil when that is too long ago, or not a version of this map.
    public func changes(since version: Int64, now: Timestamp) -> [ChangedSeats]? {
        state.withLock { state in
            if version == state.version, !isShared { return [] }
            let oldest = state.recent.first?.seats.previous ?? state.toldVersion
            guard version >= oldest, version <= state.version || isShared else { return nil }
            var first = state.recent.firstIndex { $0.seats.version > version } ?? state.recent.endIndex
            if isShared {
                let learned = first < state.recent.endIndex ? state.recent[first].at : now
                while first > 0, learned.milliseconds(since: state.recent[first - 1].at) <= Self.newsTravelsMs {
                    first -= 1
                }
            }
            return state.recent[first...].map(\.seats)
        }
    }

    // MARK: Following the store

    /// Shows seats as a commit left them, of this process or of another.
    ///
    /// - Returns: What to tell the listeners, or nil when nothing looks different.
    func show(_ updates: [SeatUpdate], now: Timestamp) -> Notice? {
        let changed = state.withLock { state -> ChangedSeats? in
            let changes = updates.compactMap { update in
                layout.ordinals[update.seatID].flatMap { state.show(update, at: $0) }
            }
            guard !changes.isEmpty else { return nil }
            let changed = ChangedSeats(previous: state.toldVersion, version: state.version, changes: changes)
            state.toldVersion = state.version
            if state.recent.count >= Self.recentMax { state.recent.removeFirst(Self.recentMax / 4) }
            state.recent.append(Recent(seats: changed, at: now))
            return changed
        }
        return changed.map { .seats($0) }
    }

    // MARK: Proposing

    /// Runs of `count` adjacent seats of a grade that are free as far as the map knows, the best first: the row
    /// nearest the stage, then what leaves no single seat behind, then the middle of the row.
    ///
    /// - Parameter avoiding: Ordinals that other commands of the same batch ask for.
    func proposals(grade: Int, count: Int, avoiding: Set<Int>, limit: Int, now: Timestamp) -> [[Int]] {
        state.withLock { state in
            func isFree(_ ordinal: Int) -> Bool {
                guard !avoiding.contains(ordinal) else { return false }
                switch state.states[ordinal] {
                case .available: return true
                case .pending: return state.heldUntil[ordinal].map { $0 <= now } ?? false
                case .confirmed, .paid, .blocked: return false
                }
            }
            var proposals: [[Int]] = []
            for run in layout.runs[grade] where run.ordinals.count >= count {
                if let start = bestWindow(in: run.ordinals, count: count, isFree: isFree) {
                    proposals.append(Array(start..<start + count))
                    if proposals.count == limit { break }
                }
            }
            return proposals
        }
    }
}

extension SeatMap.State {
    /// Takes a seat's newer row. Nil when it is not newer, or looks the same.
    fileprivate mutating func show(_ update: SeatUpdate, at ordinal: Int) -> SeatChange? {
        guard update.version > versions[ordinal] else { return nil }
        version += update.version - versions[ordinal]
        versions[ordinal] = update.version
        heldUntil[ordinal] = update.heldUntil
        let before = states[ordinal]
        guard before != update.state else { return nil }
        if before == .available { available -= 1 }
        if update.state == .available { available += 1 }
        if before.isSold { sold -= 1 }
        if update.state.isSold { sold += 1 }
        states[ordinal] = update.state
        packed.set(update.state.mapCode, at: ordinal)
        return SeatChange(ordinal: ordinal, state: update.state)
    }
}

extension SeatUpdate {
    init(_ seat: Seat) {
        self.init(seatID: seat.id, state: seat.state, heldUntil: seat.heldUntil, version: seat.version)
    }
}

/// The first ordinal of the best free window of `count` seats in a run, or nil.
private func bestWindow(in run: Range<Int>, count: Int, isFree: (Int) -> Bool) -> Int? {
    var best: (start: Int, penalty: Int)?
    var freeBefore = 0
    let free = run.map(isFree)
    let middle = run.count - 1
    for end in 0..<free.count {
        freeBefore = free[end] ? freeBefore + 1 : 0
        guard freeBefore >= count else { continue }
        let start = end - count + 1
        let left = freeBefore - count
        var right = 0
        while end + right + 1 < free.count, free[end + right + 1], right < 2 { right += 1 }
        let orphans = (left == 1 ? 1 : 0) + (right == 1 ? 1 : 0)
        // Twice the distance from the middle of the row, so that it stays an integer.
        let offCentre = abs(start + end - middle)
        let penalty = orphans * 10_000 + offCentre
        if best.map({ penalty < $0.penalty }) ?? true { best = (run.lowerBound + start, penalty) }
    }
    return best?.start
}

extension SeatState {
    /// Does not come back by itself: only a refund, or staff, free it.
    fileprivate var isSold: Bool { self == .paid || self == .blocked }

    /// The two bits of the compact status.
    public var mapCode: UInt8 {
        switch self {
        case .available: 0
        case .pending, .confirmed: 1
        case .paid: 2
        case .blocked: 3
        }
    }
}

extension [UInt8] {
    /// Sets two bits of a packed array.
    fileprivate mutating func set(_ code: UInt8, at ordinal: Int) {
        let shift = UInt8(ordinal % 4 * 2)
        self[ordinal / 4] = self[ordinal / 4] & ~(3 << shift) | code << shift
    }
}
