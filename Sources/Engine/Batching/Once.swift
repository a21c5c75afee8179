internal import Domain
internal import Ports

/// How often a copy looks for the answer of the one that was quicker.
private let attemptsMax = 3

extension CatalogStore {
    /// Does something of staff once for an idempotency key: copies, also those that run beside it, get the first answer.
    /// Work that finds nothing to do it to returns nil.
    func once(
        _ idempotency: Idempotency, clock: any WallClock,
        _ work: (_ now: Timestamp, _ answer: @Sendable @escaping (EncodedAnswer) -> StoredAnswer) async throws(Fault)
            -> StoredAnswer?
    ) async throws(Fault) -> Answer {
        var attempt = 1
        while true {
            let now = clock.now()
            do throws(Fault) {
                if let first = try await answer(idempotency, at: now) { return first }
                let done = try await work(now) { encoded in
                    StoredAnswer(
                        scope: idempotency.scope, requestHash: idempotency.requestHash, status: encoded.status,
                        body: encoded.body, createdAt: now)
                }
                guard let done else { return .refused(.notFound) }
                return .done(EncodedAnswer(status: done.status, body: done.body), isReplay: false)
            } catch {
                // Another copy was quicker, or nobody knows whether this one was done: the record tells.
                guard error.code == .conflict || error.code == .outcomeUnknown, attempt < attemptsMax else {
                    throw error
                }
                attempt += 1
            }
        }
    }
}
