public import Domain
public import Ports

extension PostgresStore {
    /// One transaction for a whole batch, in two round trips: read and lock, then save and commit. The result is
    /// returned after `COMMIT` succeeded, never before.
    ///
    /// A batch in which everything was refused is rolled back, so that it waits for no disk at all. One that gives first
    /// answers again is committed although it changes nothing: it may have found what nobody has waited for, such as a
    /// commit whose connection broke, and no answer is given that the disk and the standby do not have.
    public func commit<Result: Sendable>(
        _ keys: RowKeys, decide: @Sendable @escaping (inout Rows, Timestamp) -> Result
    ) async throws(Fault) -> Result {
        let clock = clock
        return try await onLane("commit a batch") { db in
            let reader = BatchReader(keys)
            return try db.transaction(reader.requests) { results in
                var (rows, known, now) = try reader.read(results)
                let result = decide(&rows, clock?.now() ?? now)
                let changes = BatchWriter(known: known).requests(for: rows)
                if !changes.isEmpty { return (result, commit: changes) }
                return (result, commit: known.answers.isEmpty ? nil : [Request(AnswerStatement.makeDurable)])
            }
        }
    }
}
