public import Domain
public import Ports

extension SQLiteStore {
    /// One transaction for a whole batch. The result is returned after `COMMIT` succeeded, never before.
    ///
    /// A batch in which everything was refused writes nothing, so that it costs no disk at all.
    public func commit<Result: Sendable>(
        _ keys: RowKeys, decide: @Sendable @escaping (inout Rows, Timestamp) -> Result
    ) async throws(Fault) -> Result {
        let clock = clock
        return try await write("commit a batch") { db in
            let reader = BatchReader(db)
            var (rows, known) = try reader.read(keys)
            let result = decide(&rows, clock.now())
            try BatchWriter(db, known: known).save(rows)
            return result
        }
    }
}
