public import Domain

extension ID {
    /// An id that is easy to tell from others in a failure's message: `00000000-0000-0000-0000-0000000000<number>`.
    public static func sample(_ number: UInt64) -> Self {
        Self(high: 0, low: 0x100 + number)
    }
}

extension Digest {
    /// A digest of nothing: what a test uses where a program hashes a request.
    public static func sample(_ first: UInt64, _ second: UInt64 = 0) -> Self {
        Self(first, second, 0, 0)
    }
}
