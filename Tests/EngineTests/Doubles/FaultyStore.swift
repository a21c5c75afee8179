import Domain
import Ports
import Synchronization

/// A store whose next commits go wrong in the ways that were asked for, one after the other, and then well.
final class FaultyStore: SalesStore {
    enum Injection: Sendable {
        /// Nothing happens, and the caller is told so.
        case unavailable
        case conflict
        case broken
        /// It happens, and the caller is told that nobody knows.
        case unknownAfterCommit
        /// It does not happen, and the caller is told that nobody knows.
        case unknownBeforeCommit
    }

    private let base: any SalesStore
    private let script: Mutex<[Injection]>
    private let commitCount = Mutex(0)

    init(_ base: any SalesStore, _ script: [Injection]) {
        self.base = base
        self.script = Mutex(script)
    }

    /// How often a commit was tried.
    var attempts: Int { commitCount.withLock { $0 } }

    /// Makes the next commits go wrong.
    func inject(_ more: [Injection]) {
        script.withLock { $0 += more }
    }

    func commit<Result: Sendable>(
        _ keys: RowKeys, decide: @Sendable @escaping (inout Rows, Timestamp) -> Result
    ) async throws(Fault) -> Result {
        commitCount.withLock { $0 += 1 }
        let injection = script.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        let attempt = "commit in a test"
        switch injection {
        case nil: return try await base.commit(keys, decide: decide)
        case .unavailable: throw Fault(.unavailable, attempt: attempt, reason: "injected")
        case .conflict: throw Fault(.conflict, attempt: attempt, reason: "injected")
        case .broken: throw Fault(.broken, attempt: attempt, reason: "injected")
        case .unknownBeforeCommit: throw Fault(.outcomeUnknown, attempt: attempt, reason: "injected")
        case .unknownAfterCommit:
            _ = try await base.commit(keys, decide: decide)
            throw Fault(.outcomeUnknown, attempt: attempt, reason: "injected")
        }
    }

    func overdueHolds(limit: Int) async throws(Fault) -> [ExpireHold] {
        try await base.overdueHolds(limit: limit)
    }

    func forgetAnswers(olderThanSeconds seconds: Int, limit: Int) async throws(Fault) -> Int {
        try await base.forgetAnswers(olderThanSeconds: seconds, limit: limit)
    }
}
