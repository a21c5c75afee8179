/// The fans who wait, in the order of their numbers.
struct WaitingLine {
    private static let pageSize: Int64 = 512

    /// The slots of 512 numbers side by side, and how many of them are in use.
    private struct Page {
        var slots = [UInt32](repeating: 0, count: Int(WaitingLine.pageSize))
        var count = 0

        mutating func insert(_ slot: UInt32, at index: Int) {
            slots[index] = slot
            count += 1
        }
    }

    private var numbers = NumberSet()
    /// By number divided by the page's size. A page that nobody waits on is dropped.
    private var pages: [Int64: Page] = [:]

    var count: Int { numbers.count }

    /// How many are called before this number.
    func count(before number: Int64) -> Int {
        numbers.count(below: number)
    }

    /// The slot of the fan who is called next.
    var next: UInt32? {
        guard let number = numbers.first else { return nil }
        return pages[number / Self.pageSize]?.slots[Int(number % Self.pageSize)]
    }

    mutating func insert(_ number: Int64, slot: UInt32) {
        precondition(!numbers.contains(number), "two fans wait with number \(number)")
        numbers.insert(number)
        pages[number / Self.pageSize, default: Page()].insert(slot, at: Int(number % Self.pageSize))
    }

    mutating func remove(_ number: Int64) {
        precondition(numbers.contains(number), "nobody waits with number \(number)")
        numbers.remove(number)
        let page = number / Self.pageSize
        pages[page]?.count -= 1
        if pages[page]?.count == 0 { pages[page] = nil }
    }
}
