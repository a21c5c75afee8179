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

    private let newest = Mutex<Place?>(nil)

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
            newest = found
            return nil
        }
    }

    /// Whether no primary was seen yet.
    var isUnknown: Bool { newest.withLock { $0 == nil } }

    /// Whether no newer primary was seen since a connection was made.
    func isNewest(_ place: Place) -> Bool { newest.withLock { $0 == place } }
}
