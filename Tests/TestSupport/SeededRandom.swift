/// A generator that gives the same numbers for the same seed: SplitMix64, good enough to choose by and very small.
public struct SeededRandom: RandomNumberGenerator, Hashable, Sendable {
    private var state: UInt64

    public init(seed: UInt64) {
        state = seed
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension SeededRandom {
    /// True in `percent` of a hundred cases.
    public mutating func isLucky(percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &self) < percent
    }

    public mutating func pick<Element>(from choices: [Element]) -> Element? {
        choices.randomElement(using: &self)
    }

    /// An index into `weights`, as often as its weight is of all: none of them negative, their sum positive.
    public mutating func index(weights: [Int]) -> Int {
        var lot = Int.random(in: 0..<weights.reduce(0, +), using: &self)
        for (index, weight) in weights.enumerated() {
            if lot < weight { return index }
            lot -= weight
        }
        preconditionFailure("weights that do not add up")
    }
}
