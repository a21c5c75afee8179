public import Domain

/// Where the relay brings committed events. Returns when they are safe there; throwing means that some may not be, and
/// all will come again.
public protocol EventLog: Sendable {
    func append(_ events: [Event]) async throws(Fault)
}

/// Something that acts on events. It sees each at least once, in order per subject, and drops what it has seen by id.
public protocol EventConsumer: Sendable {
    /// Its name for logs, metrics and its own bookkeeping.
    var name: String { get }
    func consume(_ events: [Event]) async throws(Fault)
}
