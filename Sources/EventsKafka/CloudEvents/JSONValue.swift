/// A JSON document (RFC 8259) that somebody else may have written: depth and length are bounded, and nothing that is
/// not JSON is taken for it.
enum JSONValue: Hashable {
    case object([String: JSONValue])
    case array([JSONValue])
    case text(String)
    /// As it is written.
    case number(String)
    case boolean(Bool)
    case null

    /// Far more than the event of a reservation with all its seats.
    static let byteCountMax = 1 << 20

    init(parsing bytes: [UInt8]) throws(NotAnEvent) {
        guard bytes.count <= Self.byteCountMax else {
            throw NotAnEvent(description: "it is longer than \(Self.byteCountMax) bytes")
        }
        var parser = JSONParser(bytes: bytes)
        self = try parser.document()
    }
}

private struct JSONParser {
    private static let depthMax = 16

    let bytes: [UInt8]
    var index = 0
    var depth = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func document() throws(NotAnEvent) -> JSONValue {
        let value = try value()
        skipSpace()
        guard index == bytes.count else { throw malformed() }
        return value
    }

    private mutating func value() throws(NotAnEvent) -> JSONValue {
        skipSpace()
        switch peek {
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .array(try array())
        case UInt8(ascii: "\""): return .text(try text())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func object() throws(NotAnEvent) -> [String: JSONValue] {
        var fields: [String: JSONValue] = [:]
        try elements(until: UInt8(ascii: "}")) { parser throws(NotAnEvent) in
            guard parser.peek == UInt8(ascii: "\"") else { throw parser.malformed() }
            let name = try parser.text()
            parser.skipSpace()
            guard parser.take(UInt8(ascii: ":")) else { throw parser.malformed() }
            // Which of two would be meant?
            guard fields.updateValue(try parser.value(), forKey: name) == nil else { throw parser.malformed() }
        }
        return fields
    }

    private mutating func array() throws(NotAnEvent) -> [JSONValue] {
        var values: [JSONValue] = []
        try elements(until: UInt8(ascii: "]")) { parser throws(NotAnEvent) in values.append(try parser.value()) }
        return values
    }

    /// What stands between brackets, separated by commas.
    private mutating func elements(
        until end: UInt8, _ element: (inout JSONParser) throws(NotAnEvent) -> Void
    ) throws(NotAnEvent) {
        index += 1
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax else { throw malformed() }
        skipSpace()
        if take(end) { return }
        while true {
            skipSpace()
            try element(&self)
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            guard take(end) else { throw malformed() }
            return
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(NotAnEvent) -> JSONValue {
        let isThere = word.withUTF8Buffer { bytes[index...].starts(with: $0) }
        guard isThere else { throw malformed() }
        index += word.utf8CodeUnitCount
        return value
    }

    private mutating func number() throws(NotAnEvent) -> String {
        let start = index
        _ = take(UInt8(ascii: "-"))
        let isZero = peek == UInt8(ascii: "0")
        let digits = try digits()
        guard !isZero || digits == 1 else { throw malformed() }
        if take(UInt8(ascii: ".")) { _ = try self.digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            _ = try self.digits()
        }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func digits() throws(NotAnEvent) -> Int {
        let start = index
        while let byte = peek, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { index += 1 }
        guard index > start else { throw malformed() }
        return index - start
    }

    private mutating func text() throws(NotAnEvent) -> String {
        index += 1
        var text: [UInt8] = []
        while let byte = peek {
            index += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let valid = String(validating: text, as: UTF8.self) else { throw malformed() }
                return valid
            case UInt8(ascii: "\\"): try appendEscape(to: &text)
            case 0..<0x20: throw malformed()
            default: text.append(byte)
            }
        }
        throw malformed()
    }

    private mutating func appendEscape(to text: inout [UInt8]) throws(NotAnEvent) {
        guard let escape = peek else { throw malformed() }
        index += 1
        switch escape {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escape)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var code = try codeUnit()
            if (0xD800..<0xDC00).contains(code) {
                guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw malformed() }
                let low = try codeUnit()
                guard (0xDC00..<0xE000).contains(low) else { throw malformed() }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw malformed() }
            text += String(Character(scalar)).utf8
        default: throw malformed()
        }
    }

    /// Four hexadecimal digits.
    private mutating func codeUnit() throws(NotAnEvent) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw malformed() }
            code = code << 4 | UInt32(digit)
            index += 1
        }
        return code
    }

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        index += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    private func malformed() -> NotAnEvent {
        NotAnEvent(description: "it is not JSON, from byte \(index) on")
    }
}
