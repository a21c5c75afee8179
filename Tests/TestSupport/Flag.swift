import Synchronization

/// Something that happens once, seen from another task.
public final class Flag: Sendable {
    private let state = Atomic<Bool>(false)

    public init() {}

    public var isRaised: Bool { state.load(ordering: .acquiring) }

    public func raise() { state.store(true, ordering: .releasing) }
}
