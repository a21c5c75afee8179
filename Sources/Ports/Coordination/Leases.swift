public import Domain

/// Who of several processes does a job that one is enough for: sweeping, relaying, admitting.
///
/// A lease saves work; it is no lock. Every job is safe when two do it for a moment.
public protocol Leases: Sendable {
    /// Takes or keeps the lease. False when another holds it; true where nobody can tell.
    func hold(_ name: String, until: Timestamp, now: Timestamp) async -> Bool
}
