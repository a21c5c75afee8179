/// A UUID that knows what it identifies, so that a seat's id cannot be passed for a date's.
///
/// Jari's own ids are version 7 (RFC 9562): 48 bits of milliseconds first, so that rows made together lie
/// together on disk. With random ids the same SQLite load ran eight times slower.
@frozen
public struct ID<Entity>: Hashable, Comparable, Sendable {
    public let high: UInt64
    public let low: UInt64

    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The same 128 bits, as the id of something else: for ledgers, where a wallet's account is its owner's id.
    @inlinable
    public init<Other>(_ other: ID<Other>) {
        self.init(high: other.high, low: other.low)
    }

    @inlinable
    public static func < (left: Self, right: Self) -> Bool {
        left.high != right.high ? left.high < right.high : left.low < right.low
    }

    @inlinable
    public static func == (left: Self, right: Self) -> Bool {
        left.high == right.high && left.low == right.low
    }

    @inlinable
    public func hash(into hasher: inout Hasher) {
        hasher.combine(high)
        hasher.combine(low)
    }
}

extension ID {
    /// When the id was made, as it carries in its first 48 bits. Meaningless for ids that are not of version 7.
    public var madeAt: Timestamp { Timestamp(milliseconds: Int64(high >> 16)) }

    /// Not after any version 7 id that is made at `moment` or later: what tells the age of an id.
    public static func least(at moment: Timestamp) -> Self {
        Self(high: UInt64(max(0, moment.milliseconds)) << 16, low: 0)
    }
}

public typealias UserID = ID<User>
public typealias ConcertID = ID<Concert>
public typealias DateID = ID<ConcertDate>
public typealias SeatID = ID<Seat>
public typealias ReservationID = ID<Reservation>
public typealias PaymentID = ID<Payment>
public typealias RefundID = ID<Refund>
public typealias TicketID = ID<Ticket>
public typealias TransferID = ID<Transfer>
public typealias EventID = ID<Event>

// MARK: - Text and bytes

extension ID: CustomStringConvertible {
    /// Reads the 36 characters of RFC 9562, in either case. Anything else is nil.
    public init?(_ text: some StringProtocol) {
        let parsed = text.utf8.withContiguousStorageIfAvailable { Self(utf8: UnsafeRawBufferPointer($0)) }
        guard let id = parsed ?? Array(text.utf8).withUnsafeBytes({ Self(utf8: $0) }) else { return nil }
        self = id
    }

    /// Reads 36 bytes of text, such as a slice of a request's body.
    public init?(utf8 bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 36 else { return nil }
        var halves: (UInt64, UInt64) = (0, 0)
        var digits = 0
        for (index, byte) in bytes.enumerated() {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte &- UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte &- UInt8(ascii: "a") &+ 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte &- UInt8(ascii: "A") &+ 10
            default: return nil
            }
            if digits < 16 {
                halves.0 = halves.0 << 4 | UInt64(digit)
            } else {
                halves.1 = halves.1 << 4 | UInt64(digit)
            }
            digits += 1
        }
        self.init(high: halves.0, low: halves.1)
    }

    /// Reads 16 bytes, most significant first, as the stores keep them. Any other count is nil.
    public init?(bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 16 else { return nil }
        self.init(
            high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }

    /// The 16 bytes of the id, most significant first.
    @inlinable
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        let bytes = (high.bigEndian, low.bigEndian)
        return try withUnsafeBytes(of: bytes, body)
    }

    /// Appends the 36 characters of the id, in lower case, without making a string of them.
    public func append(to text: inout [UInt8]) {
        withBytes { bytes in
            for (index, byte) in bytes.enumerated() {
                if index == 4 || index == 6 || index == 8 || index == 10 { text.append(UInt8(ascii: "-")) }
                text.append(hexDigits[Int(byte >> 4)])
                text.append(hexDigits[Int(byte & 15)])
            }
        }
    }

    public var description: String {
        var text: [UInt8] = []
        text.reserveCapacity(36)
        append(to: &text)
        return String(decoding: text, as: UTF8.self)
    }
}

private let hexDigits = [UInt8]("0123456789abcdef".utf8)
