import Domain
import Ports

/// A store without its guard: it reads in one transaction and saves in another, so that what it decides on may have
/// changed in between. Each race test has a twin on this store, which shows that the race is really there.
struct UnguardedStore: SalesStore {
    let base: any SalesStore

    func commit<Result: Sendable>(
        _ keys: RowKeys, decide: @Sendable @escaping (inout Rows, Timestamp) -> Result
    ) async throws(Fault) -> Result {
        let stale = try await base.commit(keys) { rows, _ in rows }
        // Time for others to read the same rows.
        for _ in 0..<200 { await Task.yield() }
        return try await base.commit(keys) { rows, now in
            var decided = stale
            let result = decide(&decided, now)
            rows.overwrite(with: decided)
            return result
        }
    }

    func overdueHolds(limit: Int) async throws(Fault) -> [ExpireHold] {
        try await base.overdueHolds(limit: limit)
    }

    func forgetAnswers(olderThanSeconds seconds: Int, limit: Int) async throws(Fault) -> Int {
        try await base.forgetAnswers(olderThanSeconds: seconds, limit: limit)
    }
}

/// A store that loses idempotency records.
struct ForgetfulStore: SalesStore {
    let base: any SalesStore

    func commit<Result: Sendable>(
        _ keys: RowKeys, decide: @Sendable @escaping (inout Rows, Timestamp) -> Result
    ) async throws(Fault) -> Result {
        var withoutAnswers = keys
        withoutAnswers.answers = []
        return try await base.commit(withoutAnswers) { rows, now in
            var decided = rows
            let result = decide(&decided, now)
            rows.overwrite(with: decided, remembersAnswers: false)
            return result
        }
    }

    func overdueHolds(limit: Int) async throws(Fault) -> [ExpireHold] {
        try await base.overdueHolds(limit: limit)
    }

    func forgetAnswers(olderThanSeconds seconds: Int, limit: Int) async throws(Fault) -> Int {
        try await base.forgetAnswers(olderThanSeconds: seconds, limit: limit)
    }
}

extension Rows {
    /// Takes over every change that was made to other rows, whatever these say.
    fileprivate mutating func overwrite(with decided: Rows, remembersAnswers: Bool = true) {
        var changes = Decision(.unchanged)
        changes.reservations = decided.reservations.changed
        changes.seats = decided.seats.changed
        changes.wallets = decided.wallets.changed
        changes.payments = decided.payments.changed
        changes.refunds = decided.refunds.changed
        changes.tickets = decided.tickets.changed
        changes.transfers = decided.transfers
        changes.events = decided.events
        changes.staffActions = decided.staffActions
        changes.retaken = Array(decided.retaken)
        apply(changes)
        if remembersAnswers {
            for answer in decided.answers.changed { remember(answer) }
        }
    }
}
