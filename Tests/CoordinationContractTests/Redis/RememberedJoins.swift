import Domain
import Ports
import Synchronization

/// Joins in memory, as a store would remember them.
final class RememberedJoins: QueueJoinStore {
    private struct Date {
        var numbers: [UserID: Int64] = [:]
        var calledUpTo: Int64 = 0
        var draw: DrawResult?
    }

    private let dates = Mutex<[DateID: Date]>([:])
    private let isAway = Mutex(false)
    private let delay = Mutex(Duration.zero)
    private let rememberCount = Mutex(0)
    private let held = Mutex<Held>(Held())

    /// A call of `remember` that is under way for long.
    private struct Held {
        var isWanted = false
        var continuation: CheckedContinuation<Void, Never>?
    }

    /// How often `remember` was called.
    var calls: Int { rememberCount.withLock { $0 } }

    /// The next call of `remember` does nothing until ``release()``.
    func holdNext() { held.withLock { $0.isWanted = true } }

    /// Whether a call is held.
    var isHolding: Bool { held.withLock { $0.continuation != nil } }

    func release() {
        held.withLock { held in
            held.continuation?.resume()
            held.continuation = nil
        }
    }

    /// From now on reading how far fans were called takes so long.
    func setDelay(_ duration: Duration) { delay.withLock { $0 = duration } }

    /// From now on every call fails, or no more.
    func setAway(_ away: Bool) { isAway.withLock { $0 = away } }

    func numbers(of date: DateID) -> [UserID: Int64] { dates.withLock { $0[date]?.numbers ?? [:] } }

    func remember(_ joins: [QueueJoin], of date: DateID) async throws(Fault) {
        try check()
        rememberCount.withLock { $0 += 1 }
        let isHeld = held.withLock { held in
            defer { held.isWanted = false }
            return held.isWanted
        }
        if isHeld {
            await withCheckedContinuation { continuation in held.withLock { $0.continuation = continuation } }
        }
        dates.withLock { dates in
            for join in joins {
                let before = dates[date]?.numbers[join.fan] ?? 0
                dates[date, default: Date()].numbers[join.fan] = max(before, join.number)
            }
        }
    }

    func forget(_ fans: [UserID], of date: DateID) async throws(Fault) {
        try check()
        dates.withLock { dates in
            for fan in fans { dates[date]?.numbers[fan] = nil }
        }
    }

    func joins(of date: DateID, after: QueueJoin?, limit: Int) async throws(Fault) -> [QueueJoin] {
        try check()
        let all = numbers(of: date).map { QueueJoin(fan: $0.key, number: $0.value) }
            .sorted { ($0.number, $0.fan) < ($1.number, $1.fan) }
        let rest = after.map { after in all.drop { ($0.number, $0.fan) <= (after.number, after.fan) } } ?? all[...]
        return Array(rest.prefix(limit))
    }

    func rememberCalled(upTo number: Int64, of date: DateID) async throws(Fault) {
        try check()
        dates.withLock { dates in
            dates[date, default: Date()].calledUpTo = max(dates[date]?.calledUpTo ?? 0, number)
        }
    }

    func calledUpTo(of date: DateID) async throws(Fault) -> Int64 {
        try check()
        try? await Task.sleep(for: delay.withLock { $0 })
        return dates.withLock { $0[date]?.calledUpTo ?? 0 }
    }

    func forgetJoins(of date: DateID) async throws(Fault) {
        try check()
        dates.withLock { $0[date] = nil }
    }

    func keep(_ draw: DrawResult, of date: DateID) async throws(Fault) {
        try check()
        dates.withLock { $0[date, default: Date()].draw = draw }
    }

    func keptDraw(of date: DateID) async throws(Fault) -> DrawResult? {
        try check()
        return dates.withLock { $0[date]?.draw }
    }

    private func check() throws(Fault) {
        if isAway.withLock({ $0 }) { throw Fault(.unavailable, attempt: "use a store", reason: "it is away") }
    }
}
