public import Domain
public import Ports
import Synchronization

/// Token buckets in the memory of this process, in stripes with a lock each.
///
/// A bucket is kept as the moment at which it will be full again (the "generic cell rate algorithm"): one integer, and
/// a bucket that is full is one that need not be kept at all.
public final class InProcessRateLimiter: RateLimiter {
    private static let stripeCount = 16

    private let stripes: [Stripe]
    private let bucketCountMax: Int

    /// - Parameter bucketCountMax: How many buckets are kept, 16 or more. Beyond it the full ones are dropped. When
    ///   nearly all are in use, which takes a flood from as many addresses, all of a stripe start anew: a limit an
    ///   address does not help against such a flood, and memory does not grow with it.
    public init(bucketCountMax: Int = 1 << 18) {
        precondition(bucketCountMax >= Self.stripeCount, "fewer buckets than stripes")
        stripes = (0..<Self.stripeCount).map { _ in Stripe() }
        self.bucketCountMax = bucketCountMax
    }

    /// - Parameter limit: At least one token an hour, and a burst of one token or more.
    public func take(_ key: RateKey, limit: RateLimit, now: Timestamp) -> Int? {
        precondition(limit.perSecond * 3600 >= 1 && limit.burst >= 1, "a rate limit that lets nothing through")
        let nanosPerToken = Int64(1_000_000_000 / limit.perSecond)
        let capacity = Int64(min(limit.burst * 1_000_000_000 / limit.perSecond, 1e17))
        let nowNanos = now.milliseconds * 1_000_000
        return stripes[Self.stripe(of: key)].fullAt.withLock { fullAt in
            let after = max(fullAt[key] ?? nowNanos, nowNanos) + nanosPerToken
            let excess = after - nowNanos - capacity
            guard excess <= 0 else { return Int((excess + 999_999) / 1_000_000) }
            if fullAt.count >= bucketCountMax / Self.stripeCount, fullAt[key] == nil {
                dropFull(&fullAt, nowNanos: nowNanos)
            }
            fullAt[key] = after
            return nil
        }
    }

    private func dropFull(_ fullAt: inout [RateKey: Int64], nowNanos: Int64) {
        fullAt = fullAt.filter { $0.value > nowNanos }
        // Else the next take would come here again, and each would go through all of them.
        if fullAt.count > bucketCountMax / Self.stripeCount * 3 / 4 { fullAt.removeAll() }
    }

    private static func stripe(of key: RateKey) -> Int {
        // The middle bits: the dictionary's own buckets use the lower ones of the same hash.
        Int(truncatingIfNeeded: key.hashValue >> 32) & (stripeCount - 1)
    }

    private final class Stripe: Sendable {
        /// When each bucket is full again, in nanoseconds since 1970. One that is missing is full.
        let fullAt = Mutex<[RateKey: Int64]>([:])
    }
}
