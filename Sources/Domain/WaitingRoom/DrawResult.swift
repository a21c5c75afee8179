/// What a draw came to: enough to tell each fan's number again, without saying who the fans were.
///
/// It is kept, so that the draw outlives the process that made it (docs/adr/0005).
public struct DrawResult: Hashable, Sendable {
    /// The seed that ordered the fans. A result of another seed than the date's is of a draw before this one.
    public let seed: [UInt8]
    /// The number of the fan who was drawn first, 1 or more. The others follow one by one.
    public let firstNumber: Int64
    /// The first 64 bits of each fan's lot, ascending. Two fans in a million share them once in 37 million draws.
    public let lots: [UInt64]

    public init(seed: [UInt8], firstNumber: Int64, lots: [UInt64]) {
        self.seed = seed
        self.firstNumber = firstNumber
        self.lots = lots
    }

    /// The number of the fan who drew this lot. Nil when nobody did.
    public func number(of lot: Digest) -> Int64? {
        let wanted = lot.words.0
        var low = 0
        var high = lots.count
        while low < high {
            let middle = (low + high) / 2
            if lots[middle] < wanted { low = middle + 1 } else { high = middle }
        }
        return low < lots.count && lots[low] == wanted ? firstNumber + Int64(low) : nil
    }
}
