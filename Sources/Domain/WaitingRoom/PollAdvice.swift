/// When a fan should ask again, so that news come soon enough and a million fans do not come at once.
public enum PollAdvice {
    /// Milliseconds between the questions of a fan who is inside.
    public static let insideMs = 5_000

    /// A sixth of what is left to wait: 1 second near the front, 10 seconds from a minute's wait on. Ten seconds leave
    /// a fan who is called two more questions before the answer is overdue.
    public static func waitingMs(waitSeconds: Double) -> Int {
        Int(min(max(waitSeconds * 1000 / 6, 1_000), 10_000))
    }

    /// Before opening: at most 30 seconds.
    ///
    /// Fans who would come back after opening are spread over 1 to 10 seconds from it, 50,000 a second; all others
    /// over the 15 to 30 seconds from now. So the crowd keeps its pace up to opening, and learns its numbers soon
    /// enough to answer if called at once.
    ///
    /// - Parameter untilOpeningMs: More than zero.
    public static func gatheringMs(untilOpeningMs: Int64, fans: Int, fan: UserID) -> Int {
        // The upper bits of a multiplicative hash: spread evenly whatever the ids look like.
        let share = Double(((fan.low ^ fan.high) &* 0x9E37_79B9_7F4A_7C15) >> 44) / Double(1 << 20)
        let spreadMs = min(max(Double(fans) / 50, 1_000), 10_000)
        let untilOpening = Double(untilOpeningMs)
        let afterMs =
            untilOpening + spreadMs <= 30_000 ? untilOpening + share * spreadMs : 15_000 + share * 15_000
        return Int(max(afterMs, 1_000))
    }
}
