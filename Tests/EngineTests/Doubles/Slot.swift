import Synchronization

/// Hands something out of a closure that makes it.
final class Slot<Value: AnyObject & Sendable>: Sendable {
    private let content = Mutex<Value?>(nil)

    var value: Value? { content.withLock { $0 } }

    func fill(with value: Value) -> Value {
        content.withLock { $0 = value }
        return value
    }
}
