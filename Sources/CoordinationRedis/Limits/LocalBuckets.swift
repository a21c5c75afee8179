internal import Domain
internal import Ports
internal import Synchronization

/// Token buckets as this process knows them, in stripes with a lock each.
///
/// What it has given out itself it counts at once; what other processes gave out it learns when it tells of its own. A
/// flood of addresses makes buckets start anew rather than grow.
final class LocalBuckets: Sendable {
    private static let stripeCount = 16
    private static let bucketCountMax = 1 << 17

    enum Answer: Equatable {
        /// There was one.
        case taken
        /// There was one, and it is time to tell the other processes of this many.
        case takenTelling(Int)
        /// There was none; the next comes after so many milliseconds.
        case refused(waitMs: Int)
    }

    private struct State {
        /// When the bucket is full again, in microseconds since 1970.
        var fullAt: Int64
        /// Tokens that others do not know of, also those that have long flowed in again: a fan who asks each of many
        /// processes rarely is counted as well, and a tenth of a burst too much is soon forgotten.
        var untold = 0
    }

    private final class Stripe: Sendable {
        /// One that is missing is full.
        let buckets = Mutex<[RateKey: State]>([:])
    }

    private let stripes = (0..<LocalBuckets.stripeCount).map { _ in Stripe() }

    /// Takes a token.
    func take(_ key: RateKey, of bucket: Bucket, now: Timestamp) -> Answer {
        let now = now.milliseconds * 1_000
        return stripe(of: key).buckets.withLock { buckets in
            var state = buckets[key] ?? State(fullAt: now)
            let after = max(state.fullAt, now) + bucket.microsPerToken
            let excess = after - now - bucket.capacity
            guard excess <= 0 else { return .refused(waitMs: Int((excess + 999) / 1_000)) }
            state.fullAt = after
            state.untold += 1
            let told = state.untold >= bucket.lump ? state.untold : 0
            state.untold -= told
            if buckets[key] == nil { Self.makeRoom(in: &buckets, now: now) }
            buckets[key] = state
            return told == 0 ? .taken : .takenTelling(told)
        }
    }

    /// Takes in what all processes together have given out.
    ///
    /// - Parameter fullAt: When the bucket that they share is full again, in microseconds since 1970.
    func learn(_ key: RateKey, of bucket: Bucket, fullAt: Int64) {
        stripe(of: key).buckets.withLock { buckets in
            guard var state = buckets[key] else { return }
            state.fullAt = max(state.fullAt, fullAt + Int64(state.untold) * bucket.microsPerToken)
            buckets[key] = state
        }
    }

    private static func makeRoom(in buckets: inout [RateKey: State], now: Int64) {
        let countMax = bucketCountMax / stripeCount
        guard buckets.count >= countMax else { return }
        // What others were not told of is lost last: who polls slowly is counted by it.
        buckets = buckets.filter { $0.value.fullAt > now || $0.value.untold > 0 }
        if buckets.count > countMax * 3 / 4 { buckets = buckets.filter { $0.value.fullAt > now } }
        // Else the next would come here again, and each would go through all of them.
        if buckets.count > countMax * 3 / 4 { buckets.removeAll() }
    }

    private func stripe(of key: RateKey) -> Stripe {
        // The middle bits: the dictionary's own buckets use the lower ones of the same hash.
        stripes[Int(truncatingIfNeeded: key.hashValue >> 32) & (Self.stripeCount - 1)]
    }
}

/// A limit in microseconds: what a token takes to flow in, and a whole burst.
struct Bucket: Sendable {
    /// Buckets with fewer tokens are asked for in Redis each time.
    private static let lumpingBurst = 50.0
    private static let lumpMax = 16.0

    let microsPerToken: Int64
    let capacity: Int64
    /// How many tokens a process gives out before it tells the others: a tenth of a burst at most.
    let lump: Int

    /// - Parameter limit: At least one token an hour, and a burst of one token or more.
    init(_ limit: RateLimit) {
        precondition(limit.perSecond * 3600 >= 1 && limit.burst >= 1, "a rate limit that lets nothing through")
        microsPerToken = Int64(1_000_000 / limit.perSecond)
        capacity = Int64(min(limit.burst * 1_000_000 / limit.perSecond, 1e14))
        lump = limit.burst < Self.lumpingBurst ? 1 : Int(min(limit.burst / 10, Self.lumpMax))
    }
}
