internal import Domain

/// The queues of the loops that commit beside each other. All commands of one fan pass through one lane, so that two
/// lanes wait for each other's rows only where two fans want the same seat (docs/adr/0014-lanes-by-fan.md).
final class Lanes<Item: Sendable>: Sendable {
    let queues: [WorkQueue<Item>]

    /// - Parameter count: 1 or more.
    init(count: Int, capacity: Int) {
        queues = (0..<count).map { _ in WorkQueue(capacity: max(1, capacity / count)) }
    }

    var count: Int { queues.reduce(0) { $0 + $1.count } }

    /// The lane of everything that one fan does.
    func queue(of fan: UserID?) -> WorkQueue<Item> {
        guard queues.count > 1, let fan else { return queues[0] }
        return queues[Int(fan.low % UInt64(queues.count))]
    }

    /// Takes nothing more. What is in the lanes can still be taken out.
    func close() {
        for queue in queues { queue.close() }
    }
}
