internal import Synchronization

/// Which history of which database a store follows.
///
/// Every promotion begins a timeline with a higher number. A server that can be written but has a lower number than was
/// seen before is an old primary that came back: what is committed there will be in nobody's history. So it is refused,
/// and connections that are still with it are dropped as soon as a newer one was seen.
final class PrimaryTimeline: Sendable {
    /// Where a connection writes.
    struct Place: Hashable, Sendable {
        /// What tells one database cluster from another; its copies have the same.
        let system: Int64
        /// 1 or more. It grows by each promotion.
        let timeline: Int64
    }

    /// Other servers than the primary that are told of: more than any address names, and they are forgotten when the
    /// primary changes.
    private static let reasonCountMax = 64

    private let newest = Mutex<Place?>(nil)
    private let reasons = Mutex<Set<String>>([])
    private let firstCommit: Mutex<FirstCommit>

    private struct FirstCommit {
        var isDone = false
        var limitMs: Int
    }

    /// - Parameter firstCommitLimitMs: How long the first commit may wait. See ``commitLimitMs``.
    init(firstCommitLimitMs: Int = 30_000) {
        firstCommit = Mutex(FirstCommit(limitMs: firstCommitLimitMs))
    }

    /// How long a `COMMIT` is waited for; nil for as long as it takes.
    ///
    /// The first one has a limit: nobody but the program's start waits for it, which would stand still without a word
    /// where a standby is away. After one has come back, a commit that waits is one that a fan waits for.
    var commitLimitMs: Int? { firstCommit.withLock { $0.isDone ? nil : $0.limitMs } }

    /// A commit has come back.
    func noteCommit() { firstCommit.withLock { $0.isDone = true } }

    /// Changes the limit of a first commit that has not come back.
    func limitFirstCommit(toMs limitMs: Int) { firstCommit.withLock { $0.limitMs = limitMs } }

    /// Whether why a server was not taken has not been told yet.
    func isNews(_ reason: String) -> Bool {
        reasons.withLock { $0.count < Self.reasonCountMax && $0.insert(reason).inserted }
    }

    /// Takes note of a primary that was found.
    ///
    /// - Returns: Why it is not the one to write to; nil when it is. Continues a sentence about the server.
    func reasonToRefuse(_ found: Place) -> String? {
        newest.withLock { newest in
            if let newest, found.system != newest.system {
                return "is another database: its system identifier is \(found.system), not \(newest.system)"
            }
            if let newest, found.timeline < newest.timeline {
                return "is an old primary: it writes timeline \(found.timeline), the primary writes \(newest.timeline)"
            }
            if newest != nil, newest != found { reasons.withLock { $0.removeAll() } }
            newest = found
            return nil
        }
    }

    /// Whether no primary was seen yet.
    var isUnknown: Bool { newest.withLock { $0 == nil } }

    /// Whether no newer primary was seen since a connection was made.
    func isNewest(_ place: Place) -> Bool { newest.withLock { $0 == place } }
}
