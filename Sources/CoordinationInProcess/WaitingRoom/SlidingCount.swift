import Domain

/// How often something happened over the last ten seconds, to a quarter of a second.
struct SlidingCount {
    static let windowMs: Int64 = 10_000
    private static let bucketMs: Int64 = 250

    private var buckets = [Int](repeating: 0, count: Int(windowMs / bucketMs))
    /// The newest bucket's number, counted from 1970.
    private var newest: Int64 = 0
    private(set) var total = 0
    /// When the count last left zero.
    private var startedAt = Timestamp(milliseconds: 0)

    /// Forgets what is older than the window. Not an error: a `now` before the last one, which counts as the last.
    mutating func advance(to now: Timestamp) {
        let bucket = now.milliseconds / Self.bucketMs
        guard bucket > newest else { return }
        let passed = min(bucket - newest, Int64(buckets.count))
        for past in (bucket - passed + 1)...bucket {
            total -= buckets[index(past)]
            buckets[index(past)] = 0
        }
        newest = bucket
    }

    mutating func add(_ count: Int, now: Timestamp) {
        advance(to: now)
        if total == 0 { startedAt = now }
        buckets[index(newest)] += count
        total += count
    }

    /// A second, over the window or since the count left zero, whichever is shorter. Nil when nothing happened.
    func perSecond(now: Timestamp) -> Double? {
        guard total > 0 else { return nil }
        let elapsed = min(max(now.milliseconds(since: startedAt), 1000), Self.windowMs)
        return Double(total) * 1000 / Double(elapsed)
    }

    private func index(_ bucket: Int64) -> Int {
        let remainder = Int(bucket % Int64(buckets.count))
        return remainder >= 0 ? remainder : remainder + buckets.count
    }
}
