/// When a delivery that failed is tried again: after 5 s, 30 s, 2 min, 10 min, 30 min, 1 h, 2 h, 4 h and then every 6 h,
/// each up to a fifth sooner or later, and for the last time three days after it was made.
public enum WebhookSchedule {
    /// For how long a delivery is tried.
    public static let patienceSeconds = 3 * 24 * 3600
    /// After how long without any success an endpoint is switched off: an hour less, so that the last try of the first
    /// delivery that failed does it, though that failed a little after it was made.
    public static let endpointPatienceSeconds = patienceSeconds - 3600
    private static let delaySeconds = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 21_600]

    /// The time of the next try after the `failureCount`-th failure; nil when it is to be given up.
    ///
    /// - Parameter spread: Of the jitter: from 0, a fifth sooner, to 1, a fifth later.
    public static func nextAttempt(
        afterFailure failureCount: Int, at now: Timestamp, giveUpAt: Timestamp, spread: Double
    ) -> Timestamp? {
        precondition(failureCount >= 1, "a failure that is none")
        guard now < giveUpAt else { return nil }
        let seconds = delaySeconds[min(failureCount, delaySeconds.count) - 1]
        let factor = 0.8 + 0.4 * min(max(spread, 0), 1)
        let next = now.adding(milliseconds: Int64(Double(seconds) * 1000 * factor))
        return min(next, giveUpAt)
    }
}
