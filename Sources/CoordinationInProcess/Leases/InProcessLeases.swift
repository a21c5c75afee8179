public import Domain
public import Ports
import Synchronization

/// The leases of one holder within this process. Holders that share a table take turns; a server has one holder, whose
/// leases nobody disputes.
public final class InProcessLeases: Leases {
    private final class Table: Sendable {
        let leases = Mutex<[String: (holder: ObjectIdentifier, until: Timestamp)]>([:])
    }

    private let table: Table

    public init() {
        table = Table()
    }

    /// Another holder of the same leases, as another process would be.
    public init(competingWith other: InProcessLeases) {
        table = other.table
    }

    /// The lease ends at `until`, exclusive: at that moment another may take it.
    public func hold(_ name: String, until: Timestamp, now: Timestamp) -> Bool {
        table.leases.withLock { leases in
            if let lease = leases[name], lease.holder != ObjectIdentifier(self), lease.until > now { return false }
            leases[name] = (ObjectIdentifier(self), until)
            return true
        }
    }
}
