public import Domain
public import Ports

extension CatalogStore {
    /// The first answer to a request, if it was answered and is still remembered: for refusing nothing that a batch
    /// would answer from its record.
    public func answer(_ idempotency: Idempotency, at now: Timestamp) async throws(Fault) -> Answer? {
        guard let stored = try await answer(idempotency.scope) else { return nil }
        return stored.answer(to: idempotency, at: now)
    }
}

extension StoredAnswer {
    /// What a request with this record is told; nil when the record is too old to count.
    func answer(to idempotency: Idempotency, at now: Timestamp) -> Answer? {
        guard now.milliseconds(since: createdAt) < Int64(Self.keptSeconds) * 1000 else { return nil }
        guard requestHash == idempotency.requestHash else { return .refused(.idempotencyKeyReused) }
        return .done(EncodedAnswer(status: status, body: body), isReplay: true)
    }
}
