/// Where new ids and unguessable secrets come from. It is passed to `decide` like everything else, so that a
/// simulation with a seed makes the same ids again.
///
/// Ids made within one millisecond keep their order: the 12 bits after the time count up.
public struct IDSource: Sendable {
    private var random: any RandomNumberGenerator & Sendable
    private var lastMs: UInt64 = 0
    private var counter: UInt64 = 0

    public init(random: any RandomNumberGenerator & Sendable) {
        self.random = random
    }

    /// A new version 7 UUID. When more than 4,096 are asked for in one millisecond, or the clock steps back, the
    /// time in the id runs ahead of `now` rather than repeating.
    public mutating func next<Entity>(at now: Timestamp) -> ID<Entity> {
        let nowMs = UInt64(max(0, now.milliseconds)) & 0xFFFF_FFFF_FFFF
        if nowMs > lastMs {
            lastMs = nowMs
            counter = 0
        } else {
            counter += 1
            if counter > 0xFFF {
                lastMs += 1
                counter = 0
            }
        }
        return ID(high: lastMs << 16 | 0x7000 | counter, low: random.next() >> 2 | 0x8000_0000_0000_0000)
    }

    /// 64 bits that nobody can guess.
    public mutating func nextSecret() -> UInt64 {
        random.next()
    }
}
