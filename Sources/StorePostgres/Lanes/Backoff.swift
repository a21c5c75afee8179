/// How long to wait before connecting again: not at all the first time, then longer and longer, never at the same
/// moment as all the other programs that have lost the same server.
struct Backoff {
    static let firstMs = 50
    static let maxMs = 5_000
    private var limitMs = 0

    mutating func reset() { limitMs = 0 }

    /// The pause before the next attempt, between half of the present limit and all of it.
    mutating func next(random: inout some RandomNumberGenerator) -> Int {
        let limit = limitMs
        limitMs = limit == 0 ? Self.firstMs : min(limit * 2, Self.maxMs)
        return limit == 0 ? 0 : Int.random(in: limit / 2...limit, using: &random)
    }
}
