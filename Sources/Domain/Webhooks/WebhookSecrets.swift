/// What an endpoint's deliveries are signed with. After a new one was made the ones before sign too, each for a day, so that
/// a receiver may change over at any time of it.
public struct WebhookSecrets: Hashable, Sendable {
    public static let byteCount = 32
    public static let overlapSeconds = 24 * 3600
    /// How many sign at once, the current one included.
    public static let countMax = 5

    public struct Earlier: Hashable, Sendable {
        public let bytes: [UInt8]
        /// Until when it signs: exclusive.
        public let until: Timestamp

        public init(_ bytes: [UInt8], until: Timestamp) {
            self.bytes = bytes
            self.until = until
        }
    }

    public let current: [UInt8]
    /// The newest first. They may be over.
    public let earlier: [Earlier]

    public init(current: [UInt8], earlier: [Earlier] = []) {
        precondition(earlier.count < Self.countMax, "too many secrets")
        self.current = current
        self.earlier = earlier
    }

    /// Nil when as many sign as may: one of them must have its day first, since a receiver may know no other.
    public func rotated(to next: [UInt8], at now: Timestamp) -> WebhookSecrets? {
        let kept = earlier.filter { now < $0.until }
        guard kept.count + 2 <= Self.countMax else { return nil }
        let ending = Earlier(current, until: now.adding(seconds: Self.overlapSeconds))
        return WebhookSecrets(current: next, earlier: [ending] + kept)
    }

    /// Those that sign now, the newest first.
    public func signing(at now: Timestamp) -> [[UInt8]] {
        [current] + earlier.filter { now < $0.until }.map(\.bytes)
    }
}

/// How a store keeps them: the current one and the one before in columns of their own, and what is older than that as
/// bytes, for each its end (milliseconds since 1970, most significant byte first) and the secret.
extension WebhookSecrets {
    private static let olderByteCount = 8 + byteCount

    /// - Parameter older: As ``olderBytes`` gave them.
    public init(current: [UInt8], previous: Earlier?, older: [UInt8]) {
        let starts = stride(from: 0, to: older.count - Self.olderByteCount + 1, by: Self.olderByteCount)
        let rest = starts.map { start in
            let until = older[start..<start + 8].reduce(Int64(0)) { $0 << 8 | Int64($1) }
            return Earlier(
                Array(older[start + 8..<start + Self.olderByteCount]), until: Timestamp(milliseconds: until))
        }
        self.init(current: current, earlier: (previous.map { [$0] } ?? []) + rest)
    }

    public var previous: Earlier? { earlier.first }

    /// Nil when there are none.
    public var olderBytes: [UInt8]? {
        let older = earlier.dropFirst()
        guard !older.isEmpty else { return nil }
        return older.flatMap { one in
            (0..<8).map { UInt8(truncatingIfNeeded: one.until.milliseconds >> (56 - 8 * Int64($0))) } + one.bytes
        }
    }
}
