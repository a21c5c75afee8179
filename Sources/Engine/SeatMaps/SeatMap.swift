public import Domain
public import Ports
internal import Synchronization

/// The seats of one date in memory, for reading: who looks at a map never asks the store.
///
/// It follows the store after every commit and decides nothing. Its version grows with every change and across
/// restarts, since it starts from the clock in microseconds.
public final class SeatMap: Sendable {
    public let layout: SeatLayout
    /// Whether the concert is published, or was: fans do not see the seats of a draft.
    public let isPublic: Bool
    private let state: Mutex<State>

    private struct State {
        var version: Int64
        var states: [SeatState]
        var heldUntil: [Timestamp?]
        var packed: [UInt8]
        var available: Int
        /// The last changes, for listeners that come back: in order of version, at most `recentMax`.
        var recent: [(version: Int64, changes: [SeatChange])] = []
    }

    /// How many changes a listener may have missed and still be brought up to date without a new map.
    private static let recentMax = 2_048

    init(layout: SeatLayout, seats: [Seat], isPublic: Bool, version: Int64) {
        precondition(seats.count == layout.seatIDs.count, "a map whose seats do not match its layout")
        self.layout = layout
        self.isPublic = isPublic
        var packed = [UInt8](repeating: 0, count: (seats.count + 3) / 4)
        for (ordinal, seat) in seats.enumerated() { packed.set(seat.state.mapCode, at: ordinal) }
        state = Mutex(
            State(
                version: version, states: seats.map(\.state), heldUntil: seats.map(\.heldUntil), packed: packed,
                available: seats.count { $0.state == .available }))
    }

    // MARK: Reading

    public var version: Int64 { state.withLock { $0.version } }

    public var counts: SeatCounts {
        SeatCounts(total: layout.seatIDs.count, available: state.withLock { $0.available })
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
    public func changes(since version: Int64) -> [(version: Int64, changes: [SeatChange])]? {
        state.withLock { state in
            if version == state.version { return [] }
            guard let first = state.recent.first, version >= first.version - 1, version <= state.version else {
                return nil
            }
            return state.recent.filter { $0.version > version }
        }
    }

    // MARK: Following the store

    /// Shows seats as a commit left them.
    ///
    /// - Returns: What to tell the listeners, or nil when nothing looks different.
    func show(_ seats: [Seat]) -> Notice? {
        let changes = state.withLock { state -> (Int64, [SeatChange])? in
            var changes: [SeatChange] = []
            for seat in seats {
                guard let ordinal = layout.ordinals[seat.id] else { continue }
                state.heldUntil[ordinal] = seat.heldUntil
                let before = state.states[ordinal]
                guard before != seat.state else { continue }
                if before == .available { state.available -= 1 }
                if seat.state == .available { state.available += 1 }
                state.states[ordinal] = seat.state
                state.packed.set(seat.state.mapCode, at: ordinal)
                changes.append(SeatChange(ordinal: ordinal, state: seat.state))
            }
            guard !changes.isEmpty else { return nil }
            state.version += 1
            if state.recent.count >= Self.recentMax { state.recent.removeFirst(Self.recentMax / 4) }
            state.recent.append((state.version, changes))
            return (state.version, changes)
        }
        return changes.map { .seats(version: $0.0, changes: $0.1) }
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
