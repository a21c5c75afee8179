/// When a mail is tried again: soon at first, then every quarter of an hour for a day.
enum MailSchedule {
    private static let firstDelays = [5, 15, 60, 180, 600]
    private static let lastDelay = 900
    /// The first try, and those that follow within a day.
    static let attemptsMax = 1 + firstDelays.count + (86_400 - firstDelays.reduce(0, +)) / lastDelay

    /// Seconds from a failed attempt to the next one; nil when that was the last.
    ///
    /// - Parameter attempt: Counted from 1.
    static func delaySeconds(after attempt: Int) -> Int? {
        guard attempt < attemptsMax else { return nil }
        return attempt <= firstDelays.count ? firstDelays[attempt - 1] : lastDelay
    }
}
