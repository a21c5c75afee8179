internal import Domain

/// Why a request could not be read: which field is to blame, and what it should be.
struct InvalidRequest: Error, Hashable {
    /// `seatIds`, `title.ko`, `sections[2].rows`; nil when it is the document as a whole.
    var field: String?
    let reason: LocalizedText

    init(_ field: String? = nil, ko: String, en: String) {
        self.field = field
        reason = LocalizedText(ko: ko, en: en)
    }

    /// PostgreSQL keeps no text with it, and nobody types it.
    static func holdsNUL(_ field: String? = nil) -> InvalidRequest {
        InvalidRequest(field, ko: "U+0000 문자를 넣을 수 없습니다.", en: "It must not contain the character U+0000.")
    }

    /// The same, seen from one level further out.
    func inside(_ outer: String) -> InvalidRequest {
        var error = self
        guard let field else {
            error.field = outer
            return error
        }
        error.field = field.hasPrefix("[") ? outer + field : outer + "." + field
        return error
    }
}

/// Reads JSON (RFC 8259) strictly and straight into values, field by field, so that every mistake can be named: an
/// unknown or repeated field, a wrong type, a text too long. Depth, length and counts are bounded.
struct JSONReader {
    private let bytes: UnsafeRawBufferPointer
    private var index = 0
    private var depth = 0

    private static let depthMax = 16
    private static let fieldCountMax = 64

    /// Reads a document that is one object.
    ///
    /// - Parameter field: Called for each field; must read its value, or throw ``unknownField()``.
    static func object(
        _ bytes: UnsafeRawBufferPointer, _ field: (String, inout JSONReader) throws(InvalidRequest) -> Void
    ) throws(InvalidRequest) {
        var reader = JSONReader(bytes: bytes)
        try reader.object(field)
        reader.skipSpace()
        guard reader.index == bytes.count else {
            throw InvalidRequest(ko: "JSON 문서 뒤에 다른 내용이 있습니다.", en: "Something follows the JSON document.")
        }
    }

    private init(bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    static func unknownField() -> InvalidRequest {
        InvalidRequest(ko: "알 수 없는 필드입니다. 빼고 보내 주세요.", en: "This field is not known. Leave it out.")
    }

    // MARK: Structures

    mutating func object(
        _ field: (String, inout JSONReader) throws(InvalidRequest) -> Void
    ) throws(InvalidRequest) {
        skipSpace()
        guard take(UInt8(ascii: "{")) else { throw wrongType(ko: "객체", en: "an object") }
        try enter()
        defer { depth -= 1 }
        skipSpace()
        if take(UInt8(ascii: "}")) { return }
        var seen: [String] = []
        while true {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw malformed() }
            let name = try string(maxLength: 100)
            guard !seen.contains(name) else {
                throw InvalidRequest(name, ko: "같은 필드가 두 번 있습니다.", en: "This field occurs twice.")
            }
            seen.append(name)
            guard seen.count <= Self.fieldCountMax else { throw malformed() }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw malformed() }
            do {
                try field(name, &self)
            } catch {
                throw error.inside(name)
            }
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            guard take(UInt8(ascii: "}")) else { throw malformed() }
            return
        }
    }

    mutating func array(
        maxCount: Int, _ element: (inout JSONReader) throws(InvalidRequest) -> Void
    ) throws(InvalidRequest) {
        skipSpace()
        guard take(UInt8(ascii: "[")) else { throw wrongType(ko: "배열", en: "an array") }
        try enter()
        defer { depth -= 1 }
        skipSpace()
        if take(UInt8(ascii: "]")) { return }
        var count = 0
        while true {
            guard count < maxCount else {
                throw InvalidRequest(ko: "\(maxCount)개를 넘을 수 없습니다.", en: "There can be no more than \(maxCount).")
            }
            do {
                try element(&self)
            } catch {
                throw error.inside("[\(count)]")
            }
            count += 1
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            guard take(UInt8(ascii: "]")) else { throw malformed() }
            return
        }
    }

    // MARK: Values

    /// Text of `minLength` to `maxLength` characters (Unicode scalars).
    mutating func string(minLength: Int = 0, maxLength: Int) throws(InvalidRequest) -> String {
        skipSpace()
        guard take(UInt8(ascii: "\"")) else { throw wrongType(ko: "문자열", en: "a text") }
        let start = index
        while index < bytes.count, bytes[index] != UInt8(ascii: "\""), bytes[index] != UInt8(ascii: "\\"),
            bytes[index] >= 0x20
        {
            index += 1
        }
        guard index < bytes.count else { throw malformed() }
        let text: String
        if bytes[index] == UInt8(ascii: "\"") {
            guard let plain = String(validating: bytes[start..<index], as: UTF8.self) else { throw malformed() }
            text = plain
            index += 1
        } else {
            index = start
            text = try escapedString()
        }
        let length = text.utf8.count <= maxLength ? text.utf8.count : text.unicodeScalars.count
        guard length <= maxLength else {
            throw InvalidRequest(ko: "\(maxLength)자를 넘을 수 없습니다.", en: "It can have at most \(maxLength) characters.")
        }
        guard minLength == 0 || text.unicodeScalars.count >= minLength else {
            throw InvalidRequest(ko: "\(minLength)자 이상이어야 합니다.", en: "It must have at least \(minLength) characters.")
        }
        return text
    }

    mutating func id<Entity>(of _: Entity.Type = Entity.self) throws(InvalidRequest) -> ID<Entity> {
        skipSpace()
        guard peek == UInt8(ascii: "\"") else { throw wrongType(ko: "UUID 문자열", en: "a UUID as text") }
        if index + 37 < bytes.count, bytes[index + 37] == UInt8(ascii: "\""),
            let id = ID<Entity>(utf8: UnsafeRawBufferPointer(rebasing: bytes[index + 1..<index + 37]))
        {
            index += 38
            return id
        }
        guard let id = ID<Entity>(try string(maxLength: 200)) else {
            throw InvalidRequest(ko: "올바른 UUID가 아닙니다.", en: "This is not a UUID.")
        }
        return id
    }

    mutating func integer(in range: ClosedRange<Int64>) throws(InvalidRequest) -> Int64 {
        let number = try numberText()
        var digits = number[...]
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative { digits = digits.dropFirst() }
        var value: Int64? = 0
        for digit in digits {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else {
                throw wrongType(ko: "정수", en: "an integer")
            }
            let (product, overflow) = (value ?? 0).multipliedReportingOverflow(by: 10)
            let (sum, overflowAgain) = product.addingReportingOverflow(Int64(digit - UInt8(ascii: "0")))
            if value == nil || overflow || overflowAgain { value = nil } else { value = sum }
        }
        guard let value, range.contains(isNegative ? -value : value) else {
            throw InvalidRequest(
                ko: "\(range.lowerBound)에서 \(range.upperBound) 사이여야 합니다.",
                en: "It must be between \(range.lowerBound) and \(range.upperBound).")
        }
        return isNegative ? -value : value
    }

    mutating func integer(in range: ClosedRange<Int>) throws(InvalidRequest) -> Int {
        Int(try integer(in: Int64(range.lowerBound)...Int64(range.upperBound)))
    }

    mutating func number(in range: ClosedRange<Double>) throws(InvalidRequest) -> Double {
        let text = String(decoding: try numberText(), as: UTF8.self)
        guard let value = Double(text), range.contains(value) else {
            throw InvalidRequest(
                ko: "\(range.lowerBound)에서 \(range.upperBound) 사이여야 합니다.",
                en: "It must be between \(range.lowerBound) and \(range.upperBound).")
        }
        return value
    }

    mutating func boolean() throws(InvalidRequest) -> Bool {
        skipSpace()
        if takeWord("true") { return true }
        if takeWord("false") { return false }
        throw wrongType(ko: "true 또는 false", en: "true or false")
    }

    mutating func timestamp() throws(InvalidRequest) -> Timestamp {
        guard let moment = Timestamp(try string(maxLength: 40)) else {
            throw InvalidRequest(
                ko: "2026-11-22T10:00:00Z 같은 RFC 3339 시각이어야 합니다.",
                en: "It must be an RFC 3339 time, such as 2026-11-22T10:00:00Z.")
        }
        return moment
    }

    /// Passes over `null`; false when the next value is another.
    mutating func takeNull() -> Bool {
        skipSpace()
        return takeWord("null")
    }

    /// Whether the next value is a text.
    mutating func isAtString() -> Bool {
        skipSpace()
        return peek == UInt8(ascii: "\"")
    }

    /// Passes over a value of any type, within the reader's bounds: for documents that others define.
    mutating func skipValue() throws(InvalidRequest) {
        skipSpace()
        switch peek {
        case UInt8(ascii: "{"): try object { _, json throws(InvalidRequest) in try json.skipValue() }
        case UInt8(ascii: "["): try array(maxCount: 1_000) { json throws(InvalidRequest) in try json.skipValue() }
        case UInt8(ascii: "\""): _ = try string(maxLength: 10_000)
        case UInt8(ascii: "t"), UInt8(ascii: "f"): _ = try boolean()
        case UInt8(ascii: "n"): guard takeWord("null") else { throw malformed() }
        default: _ = try numberText()
        }
    }

    // MARK: How

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        index += 1
        return true
    }

    private mutating func takeWord(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard index + count <= bytes.count else { return false }
        let isEqual = word.withUTF8Buffer { $0.elementsEqual(bytes[index..<index + count]) }
        if isEqual { index += count }
        return isEqual
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    private mutating func enter() throws(InvalidRequest) {
        depth += 1
        guard depth <= Self.depthMax else { throw malformed() }
    }

    private func wrongType(ko: String, en: String) -> InvalidRequest {
        guard index < bytes.count else { return malformed() }
        return InvalidRequest(ko: "\(ko)이어야 합니다.", en: "It must be \(en).")
    }

    private func malformed() -> InvalidRequest {
        InvalidRequest(
            ko: "JSON이 올바르지 않습니다(\(index)번째 바이트).", en: "The JSON is malformed at byte \(index).")
    }

    /// The bytes of one JSON number, by the grammar.
    private mutating func numberText() throws(InvalidRequest) -> [UInt8] {
        skipSpace()
        let start = index
        _ = take(UInt8(ascii: "-"))
        let digitsStart = index
        func isDigit(_ byte: UInt8?) -> Bool {
            byte.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
        }
        while isDigit(peek) { index += 1 }
        guard index > digitsStart else {
            index = start
            throw wrongType(ko: "숫자", en: "a number")
        }
        if bytes[digitsStart] == UInt8(ascii: "0"), index > digitsStart + 1 { throw malformed() }
        if take(UInt8(ascii: ".")) {
            guard isDigit(peek) else { throw malformed() }
            while isDigit(peek) { index += 1 }
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard isDigit(peek) else { throw malformed() }
            while isDigit(peek) { index += 1 }
        }
        guard index - start <= 40 else { throw malformed() }
        return Array(bytes[start..<index])
    }

    /// The rest of a text with escapes in it, from the opening quote on.
    private mutating func escapedString() throws(InvalidRequest) -> String {
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

    private mutating func appendEscape(to text: inout [UInt8]) throws(InvalidRequest) {
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
            var scalar = try codeUnit()
            if (0xD800..<0xDC00).contains(scalar) {
                guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw malformed() }
                let low = try codeUnit()
                guard (0xDC00..<0xE000).contains(low) else { throw malformed() }
                scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let unicode = Unicode.Scalar(scalar) else { throw malformed() }
            guard scalar != 0 else { throw InvalidRequest.holdsNUL() }
            text.append(contentsOf: String(Character(unicode)).utf8)
        default: throw malformed()
        }
    }

    private mutating func codeUnit() throws(InvalidRequest) -> UInt32 {
        // A sign is no digit, though Swift's numbers may begin with one.
        guard index + 4 <= bytes.count, bytes[index] != UInt8(ascii: "+"), bytes[index] != UInt8(ascii: "-"),
            let unit = UInt32(String(decoding: bytes[index..<index + 4], as: UTF8.self), radix: 16)
        else { throw malformed() }
        index += 4
        return unit
    }
}
