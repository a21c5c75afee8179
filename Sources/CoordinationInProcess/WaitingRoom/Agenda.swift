import Domain
import HeapModule

/// When to look at which slot: the deadlines of a room, the earliest first.
///
/// A deadline that moves back is not moved here: whoever looks at it then puts it in again. So a poll, which moves a
/// deadline back each time, costs nothing, and a slot has one entry plus one for each time its deadline moved forward.
struct Agenda {
    private struct Entry: Comparable {
        let at: Timestamp
        let slot: UInt32

        static func < (left: Entry, right: Entry) -> Bool { left.at < right.at }
    }

    private var heap = Heap<Entry>()

    mutating func look(at slot: UInt32, when moment: Timestamp) {
        heap.insert(Entry(at: moment, slot: slot))
    }

    /// Takes the earliest entry whose moment has come.
    mutating func takeDue(at now: Timestamp) -> (slot: UInt32, at: Timestamp)? {
        guard let entry = heap.min, entry.at <= now else { return nil }
        heap.removeMin()
        return (entry.slot, entry.at)
    }
}
