internal import Synchronization

/// Tells a thread that blocks that nobody waits for it any more. Set once, for good: the program is ending.
final class StopSign: Sendable {
    private let value = Atomic(false)

    var isSet: Bool { value.load(ordering: .acquiring) }

    func set() { value.store(true, ordering: .releasing) }
}
