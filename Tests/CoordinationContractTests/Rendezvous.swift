import Synchronization

/// Where tasks wait for each other, so that what they do next they do at the same time.
///
/// Without it tasks that take a microsecond run one after the other, and a race is never met.
final class Rendezvous: Sendable {
    private let parties: Int
    private let arrived = Atomic<Int>(0)

    init(parties: Int) {
        self.parties = parties
    }

    /// Returns when all have come as often as this one. It spins for a while, to leave at the same moment as the
    /// others, and then lets other tasks run, in case the others have no thread.
    func meet() async {
        let place = arrived.add(1, ordering: .acquiringAndReleasing).newValue
        let all = (place + parties - 1) / parties * parties
        var spins = 0
        while arrived.load(ordering: .acquiring) < all {
            spins += 1
            if spins.isMultiple(of: 10_000) { await Task.yield() }
        }
    }
}
