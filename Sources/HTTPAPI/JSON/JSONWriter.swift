internal import Domain

/// Writes JSON straight into bytes. Codable costs ten times as much on the hot routes, and an answer that is stored
/// under an idempotency key must come out the same byte for byte.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    init(capacity: Int = 512) {
        bytes.reserveCapacity(capacity)
    }

    /// One object as a whole document.
    static func object(capacity: Int = 512, _ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter(capacity: capacity)
        writer.object(body)
        return writer.bytes
    }

    // MARK: Values

    mutating func object(_ body: (inout JSONWriter) -> Void) {
        startValue()
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
        body(&self)
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    mutating func array<Items: Sequence>(_ items: Items, _ body: (inout JSONWriter, Items.Element) -> Void) {
        startValue()
        bytes.append(UInt8(ascii: "["))
        needsComma = false
        for item in items { body(&self, item) }
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    mutating func value(_ text: String) {
        startValue()
        quote(text)
    }

    mutating func value(_ number: some BinaryInteger) {
        startValue()
        append(Int64(number))
    }

    /// At most three decimals: coordinates and rates need no more.
    mutating func value(_ number: Double) {
        startValue()
        let thousandths = Int64((number * 1000).rounded())
        if thousandths < 0 { bytes.append(UInt8(ascii: "-")) }
        append(abs(thousandths) / 1000)
        var fraction = abs(thousandths) % 1000
        guard fraction > 0 else { return }
        bytes.append(UInt8(ascii: "."))
        var divisor: Int64 = 100
        while fraction > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(fraction / divisor))
            fraction %= divisor
            divisor /= 10
        }
    }

    mutating func value(_ flag: Bool) {
        startValue()
        bytes.append(contentsOf: flag ? "true".utf8 : "false".utf8)
    }

    mutating func value<Entity>(_ id: ID<Entity>) {
        startValue()
        bytes.append(UInt8(ascii: "\""))
        id.append(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func value(_ moment: Timestamp) {
        startValue()
        bytes.append(UInt8(ascii: "\""))
        moment.append(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func null() {
        startValue()
        bytes.append(contentsOf: "null".utf8)
    }

    /// Text that needs no escaping, such as base 64.
    mutating func value(plain ascii: some Sequence<UInt8>) {
        startValue()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: ascii)
        bytes.append(UInt8(ascii: "\""))
    }

    // MARK: Members of an object

    mutating func key(_ name: StaticString) {
        startValue()
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    mutating func field(_ name: StaticString, _ text: String) {
        key(name)
        value(text)
    }

    mutating func field(_ name: StaticString, _ number: some BinaryInteger) {
        key(name)
        value(number)
    }

    mutating func field(_ name: StaticString, _ number: Double) {
        key(name)
        value(number)
    }

    mutating func field(_ name: StaticString, _ flag: Bool) {
        key(name)
        value(flag)
    }

    mutating func field<Entity>(_ name: StaticString, _ id: ID<Entity>) {
        key(name)
        value(id)
    }

    mutating func field(_ name: StaticString, _ moment: Timestamp) {
        key(name)
        value(moment)
    }

    mutating func field(_ name: StaticString, _ amount: Won) {
        key(name)
        value(amount.amount)
    }

    mutating func field(_ name: StaticString, optional moment: Timestamp?) {
        key(name)
        if let moment { value(moment) } else { null() }
    }

    mutating func field(_ name: StaticString, optional text: String?) {
        key(name)
        if let text { value(text) } else { null() }
    }

    mutating func field(_ name: StaticString, optional number: Int?) {
        key(name)
        if let number { value(number) } else { null() }
    }

    // MARK: How

    private mutating func startValue() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func append(_ number: Int64) {
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        var rest = number.magnitude
        if rest < 10 {
            bytes.append(UInt8(ascii: "0") &+ UInt8(rest))
            return
        }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var index = 20
            while rest > 0 {
                index -= 1
                digits[index] = UInt8(ascii: "0") &+ UInt8(rest % 10)
                rest /= 10
            }
            bytes.append(contentsOf: UnsafeMutableBufferPointer(rebasing: digits[index...]))
        }
    }

    private mutating func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(hexDigits[Int(byte >> 4)])
                bytes.append(hexDigits[Int(byte & 15)])
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

private let hexDigits = [UInt8]("0123456789abcdef".utf8)
