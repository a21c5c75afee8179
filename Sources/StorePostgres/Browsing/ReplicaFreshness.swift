/// How old the answers of a standby are, found out without asking it for its opinion: it is as fresh as the latest of
/// the primary's log positions that it has replayed.
///
/// A standby that lost its primary believes that it has replayed everything there is, so its own figure of lag is not
/// to be trusted, and needs rights that the program may not have.
struct ReplicaFreshness {
    /// Marks that are kept: a look a second, for longer than any lag that is allowed.
    private static let marksMax = 16

    /// Where the primary's log ended, and when, in milliseconds of the monotonic clock. In order of time.
    private var marks: [(position: Int64, atMs: Int)] = []
    /// The latest moment of which the standby is known to have everything.
    private(set) var isCurrentAsOfMs: Int?

    mutating func primary(isAt position: Int64, atMs: Int) {
        marks.append((position, atMs))
        if marks.count > Self.marksMax { marks.removeFirst() }
    }

    mutating func replica(hasReplayed position: Int64) {
        guard let latest = marks.last(where: { $0.position <= position }) else { return }
        isCurrentAsOfMs = max(isCurrentAsOfMs ?? latest.atMs, latest.atMs)
    }

    func isFresh(atMs now: Int, lagMaxMs: Int) -> Bool {
        isCurrentAsOfMs.map { now - $0 <= lagMaxMs } ?? false
    }
}
