internal import Domain
internal import Ports
internal import Synchronization

/// Token buckets of this process, for as long as Redis is away.
///
/// A flood of addresses makes them start anew rather than grow.
final class LocalBuckets: Sendable {
    private static let bucketCountMax = 1 << 16

    /// When each bucket is full again, in microseconds since 1970. One that is missing is full.
    private let fullAt = Mutex<[RateKey: Int64]>([:])

    func take(_ key: RateKey, limit: RateLimit, now: Timestamp) -> Int? {
        let bucket = Bucket(limit)
        let nowMicros = now.milliseconds * 1_000
        return fullAt.withLock { fullAt in
            let after = max(fullAt[key] ?? nowMicros, nowMicros) + bucket.microsPerToken
            let excess = after - nowMicros - bucket.capacity
            guard excess <= 0 else { return Int((excess + 999) / 1_000) }
            if fullAt.count >= Self.bucketCountMax { fullAt.removeAll() }
            fullAt[key] = after
            return nil
        }
    }
}

/// A limit in microseconds: what a token takes to flow in, and a whole burst.
struct Bucket {
    let microsPerToken: Int64
    let capacity: Int64

    /// - Parameter limit: At least one token an hour, and a burst of one token or more.
    init(_ limit: RateLimit) {
        precondition(limit.perSecond * 3600 >= 1 && limit.burst >= 1, "a rate limit that lets nothing through")
        microsPerToken = Int64(1_000_000 / limit.perSecond)
        capacity = Int64(min(limit.burst * 1_000_000 / limit.perSecond, 1e14))
    }
}
