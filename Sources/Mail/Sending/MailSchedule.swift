/// When a mail is tried again: soon at first, then every quarter of an hour until what it tells of is a day old.
///
/// Its age decides and not how often it was tried: where the server is away, or a process dies, tries are counted that
/// never came to anything.
enum MailSchedule {
    private static let firstDelays = [5, 15, 60, 180, 600]
    private static let lastDelay = 900
    /// A day: news of a purchase that is older helps nobody.
    static let ageMaxSeconds = 24 * 3600
    /// One that is old already when its turn comes, such as after days without power, still has the first tries.
    static let attemptsMin = 1 + firstDelays.count

    /// Seconds from a failed attempt to the next one; nil when that was the last.
    ///
    /// - Parameters:
    ///   - attempt: Counted from 1.
    ///   - ageSeconds: Of what the mail tells.
    static func delaySeconds(after attempt: Int, ageSeconds: Int64) -> Int? {
        if attempt >= attemptsMin, ageSeconds >= Int64(ageMaxSeconds) { return nil }
        return attempt <= firstDelays.count ? firstDelays[attempt - 1] : lastDelay
    }
}
