import Domain

/// How many fans may be let in now: a token bucket that holds one second's worth and starts full.
///
/// In any window of `w` seconds at most `perSecond × (w + 1)` are let in. It counts in thousandths of a fan, so that
/// a millisecond's worth is an integer and nothing is lost to rounding.
struct AdmissionBucket {
    private var thousandths: Int64 = .max
    private var filledAt: Timestamp?

    /// Not an error: a `now` before the last one. Nothing flows in then.
    mutating func fill(perSecond: Int, now: Timestamp) {
        let most = Int64(perSecond) * 1000
        let elapsed = filledAt.map { max(0, now.milliseconds(since: $0)) } ?? 1000
        let flow = min(elapsed, 1000) * Int64(perSecond)
        thousandths = min(most, min(thousandths, most) + flow)
        filledAt = filledAt.map { max($0, now) } ?? now
    }

    var isEmpty: Bool { thousandths < 1000 }

    mutating func take() {
        precondition(!isEmpty, "an admission that the rate does not allow")
        thousandths -= 1000
    }
}
