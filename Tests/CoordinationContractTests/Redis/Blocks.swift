import Synchronization

/// Blocks of numbers, as a store gives them: each call the first one of the next block.
final class Blocks: Sendable {
    private let size: Int64
    private let first: Mutex<Int64>

    init(size: Int64 = 100_000) {
        self.size = size
        first = Mutex(1)
    }

    /// How many were claimed.
    var count: Int { Int(first.withLock { $0 } / size) }

    func next() -> Int64 {
        first.withLock { first in
            defer { first += size }
            return first
        }
    }
}
