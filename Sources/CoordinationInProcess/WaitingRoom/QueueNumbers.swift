/// The numbers of a room, which only grow.
struct QueueNumbers {
    /// A number from before a restart must be this near to the next one: it bounds what a number can cost.
    private static let spanMax: Int64 = 1 << 27

    private(set) var next: Int64
    /// What was given or restored. One of these that nobody has any more is used up.
    private var spent = NumberSet()

    init(from first: Int64) {
        precondition(first >= 1, "queue numbers start at 1")
        next = first
    }

    mutating func give() -> Int64 {
        let number = next
        next += 1
        spent.insert(number)
        return number
    }

    /// Takes back a number from before a restart, unless it was given or restored since. Later ones follow it.
    mutating func restore(_ number: Int64) -> Bool {
        guard number >= 1, abs(number - next) < Self.spanMax, !spent.contains(number) else { return false }
        spent.insert(number)
        next = max(next, number + 1)
        return true
    }
}
