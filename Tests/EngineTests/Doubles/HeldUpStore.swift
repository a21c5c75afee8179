import Domain
import Ports
import Synchronization
import TestSupport

/// A store whose commits can be held up: it keeps the engine busy for as long as a test wants.
final class HeldUpStore: SalesStore {
    private let base: any SalesStore
    private let obstacle = Mutex<(entered: Gate, way: Gate)?>(nil)

    init(_ base: any SalesStore) {
        self.base = base
    }

    /// From now on commits wait for `way`. Opens `entered` when one does.
    func holdUp(entered: Gate, way: Gate) {
        obstacle.withLock { $0 = (entered, way) }
    }

    func commit<Result: Sendable>(
        _ keys: RowKeys, decide: @Sendable @escaping (inout Rows, Timestamp) -> Result
    ) async throws(Fault) -> Result {
        if let (entered, way) = obstacle.withLock({ $0 }) {
            entered.open()
            await way.wait()
        }
        return try await base.commit(keys, decide: decide)
    }

    func overdueHolds(limit: Int) async throws(Fault) -> [ExpireHold] {
        try await base.overdueHolds(limit: limit)
    }

    func forgetAnswers(olderThanSeconds seconds: Int, limit: Int) async throws(Fault) -> Int {
        try await base.forgetAnswers(olderThanSeconds: seconds, limit: limit)
    }
}
