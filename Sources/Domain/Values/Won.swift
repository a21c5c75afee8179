/// An amount of South Korean won. The currency has no minor unit: one won is the smallest amount, always an integer.
@frozen
public struct Won: Hashable, Comparable, Sendable {
    public var amount: Int64

    /// The largest amount that one price, charge or balance may have: a hundred billion won. Sums of a million of
    /// them stay far inside 64 bits, so arithmetic on amounts never overflows.
    public static var max: Won { Won(100_000_000_000) }
    public static var zero: Won { Won(0) }

    @inlinable
    public init(_ amount: Int64) {
        self.amount = amount
    }

    @inlinable
    public static func < (left: Won, right: Won) -> Bool { left.amount < right.amount }
    @inlinable
    public static func + (left: Won, right: Won) -> Won { Won(left.amount + right.amount) }
    @inlinable
    public static func - (left: Won, right: Won) -> Won { Won(left.amount - right.amount) }
    @inlinable
    public static func += (left: inout Won, right: Won) { left.amount += right.amount }
    @inlinable
    public static func -= (left: inout Won, right: Won) { left.amount -= right.amount }
}
