internal import Domain

/// A value that a ``Request`` can be given, in PostgreSQL's binary format.
protocol Bindable {
    static var type: PostgresType { get }
    var isNull: Bool { get }
    /// Not called when it is null.
    func write(to bytes: inout [UInt8])
}

extension Bindable {
    var isNull: Bool { false }
}

extension [UInt8] {
    /// Most significant byte first, as everything goes over the wire.
    @inline(__always)
    mutating func append<Integer: FixedWidthInteger>(integer: Integer) {
        Swift.withUnsafeBytes(of: integer.bigEndian) { append(contentsOf: $0) }
    }
}

extension ID: Bindable {
    static var type: PostgresType { .uuid }

    @inline(__always)
    func write(to bytes: inout [UInt8]) { withBytes { bytes.append(contentsOf: $0) } }
}

extension Digest: Bindable {
    static var type: PostgresType { .bytea }
    func write(to bytes: inout [UInt8]) { withBytes { bytes.append(contentsOf: $0) } }
}

/// Bytes are a `bytea`. Arrays of other things are bound as ``Column``.
extension [UInt8]: Bindable {
    static var type: PostgresType { .bytea }
    func write(to bytes: inout [UInt8]) { bytes.append(contentsOf: self) }
}

extension String: Bindable {
    static var type: PostgresType { .text }

    /// PostgreSQL's text cannot hold the character NUL: the server refuses it, which is a fault. The API takes none.
    @inline(__always)
    func write(to bytes: inout [UInt8]) { bytes.append(contentsOf: utf8) }
}

extension Int: Bindable {
    static var type: PostgresType { .bigint }
    @inline(__always)
    func write(to bytes: inout [UInt8]) { bytes.append(integer: Int64(self)) }
}

extension Int64: Bindable {
    static var type: PostgresType { .bigint }
    @inline(__always)
    func write(to bytes: inout [UInt8]) { bytes.append(integer: self) }
}

extension Double: Bindable {
    static var type: PostgresType { .float }
    func write(to bytes: inout [UInt8]) { bytes.append(integer: bitPattern) }
}

extension Bool: Bindable {
    static var type: PostgresType { .bool }
    func write(to bytes: inout [UInt8]) { bytes.append(self ? 1 : 0) }
}

extension Won: Bindable {
    static var type: PostgresType { .bigint }
    @inline(__always)
    func write(to bytes: inout [UInt8]) { bytes.append(integer: amount) }
}

extension Timestamp: Bindable {
    static var type: PostgresType { .timestamptz }
    @inline(__always)
    func write(to bytes: inout [UInt8]) { bytes.append(integer: postgresMicroseconds) }
}

extension Timestamp {
    /// 2000-01-01T00:00:00Z, from which PostgreSQL counts.
    private static let postgresEpochMs: Int64 = 946_684_800_000
    /// The years 4713 BC to 294276, which is what PostgreSQL's calendar has.
    private static let postgresRange: ClosedRange<Int64> = -210_866_803_200_000...9_224_318_015_999_999

    /// Moments beyond PostgreSQL's calendar become its first or last one: they only occur as limits.
    var postgresMicroseconds: Int64 {
        let kept = min(max(milliseconds, Self.postgresRange.lowerBound), Self.postgresRange.upperBound)
        return (kept - Self.postgresEpochMs) * 1000
    }

    /// What is finer than a millisecond is cut off, toward the past.
    init(postgresMicroseconds: Int64) {
        let milliseconds = postgresMicroseconds / 1000
        let isCut = postgresMicroseconds % 1000 < 0
        self.init(milliseconds: milliseconds + Self.postgresEpochMs - (isCut ? 1 : 0))
    }
}

extension Optional: Bindable where Wrapped: Bindable {
    static var type: PostgresType { Wrapped.type }

    var isNull: Bool { self == nil }

    @inline(__always)
    func write(to bytes: inout [UInt8]) { if let self { self.write(to: &bytes) } }
}

/// States are kept as the words that the API shows, so that a person reading the database understands them.
extension Bindable where Self: RawRepresentable, RawValue == String {
    static var type: PostgresType { .text }
    @inline(__always)
    func write(to bytes: inout [UInt8]) { rawValue.write(to: &bytes) }
}

extension Concert.Status: Bindable {}
extension Event.Kind: Bindable {}
extension Payment.Method: Bindable {}
extension Payment.Status: Bindable {}
extension Refund.Status: Bindable {}
extension Reservation.Status: Bindable {}
extension SeatState: Bindable {}
extension StaffAction.Kind: Bindable {}
extension Ticket.Status: Bindable {}
extension Transfer.Kind: Bindable {}
extension User.Role: Bindable {}

/// One column of many rows, as an array: what `unnest` makes rows of again.
struct Column<Rows: Collection, Value: Bindable>: Bindable {
    private let rows: Rows
    private let value: (Rows.Element) -> Value

    init(_ rows: Rows, _ value: @escaping (Rows.Element) -> Value) {
        self.rows = rows
        self.value = value
    }

    static var type: PostgresType { PostgresType(oid: Value.type.array, array: 0) }

    /// One dimension, whose first index is 1; whether there are NULLs is counted by the server itself.
    func write(to bytes: inout [UInt8]) {
        bytes.append(integer: Int32(rows.isEmpty ? 0 : 1))
        bytes.append(integer: Int32(0))
        bytes.append(integer: Value.type.oid)
        guard !rows.isEmpty else { return }
        bytes.append(integer: Int32(rows.count))
        bytes.append(integer: Int32(1))
        for row in rows {
            let value = value(row)
            guard !value.isNull else {
                bytes.append(integer: Int32(-1))
                continue
            }
            let place = bytes.count
            bytes.append(integer: Int32(0))
            value.write(to: &bytes)
            let count = Int32(bytes.count - place - 4).bigEndian
            bytes.withUnsafeMutableBytes { $0.storeBytes(of: count, toByteOffset: place, as: Int32.self) }
        }
    }
}

extension Column where Rows.Element == Value {
    init(_ rows: Rows) {
        self.init(rows) { $0 }
    }
}

extension ID {
    /// Greater than every id that is made: where the first page of a descending list begins.
    static var greatest: Self { Self(high: .max, low: .max) }
    /// Less than every id that is made: where the first page of an ascending list begins.
    static var least: Self { Self(high: 0, low: 0) }
}
