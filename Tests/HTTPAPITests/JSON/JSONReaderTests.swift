import Domain
import Foundation
import TestSupport
import Testing

@testable import HTTPAPI

/// A document with a value of each kind that the API reads.
private struct Sample: Equatable {
    var name: String?
    var count: Int64?
    var ratio: Double?
    var isOpen: Bool?
    var tags: [String] = []
    var inner: Int64?

    init() {}

    init(reading bytes: [UInt8]) throws(InvalidRequest) {
        var sample = Sample()
        let result = bytes.withUnsafeBytes { bytes -> Result<Void, InvalidRequest> in
            do throws(InvalidRequest) {
                return .success(
                    try JSONReader.object(bytes) { field, json throws(InvalidRequest) in
                        try sample.read(field, &json)
                    })
            } catch {
                return .failure(error)
            }
        }
        try result.get()
        self = sample
    }

    private mutating func read(_ field: String, _ json: inout JSONReader) throws(InvalidRequest) {
        switch field {
        case "name": name = try json.string(maxLength: 200)
        case "count": count = try json.integer(in: Int64.min + 1...Int64.max)
        case "ratio": ratio = try json.number(in: -1e300...1e300)
        case "isOpen": isOpen = try json.boolean()
        case "tags":
            var found: [String] = []
            try json.array(maxCount: 50) { json throws(InvalidRequest) in found.append(try json.string(maxLength: 200))
            }
            tags = found
        case "inner":
            try json.object { field, json throws(InvalidRequest) in
                guard field == "count" else { throw JSONReader.unknownField() }
                inner = try json.integer(in: Int64.min + 1...Int64.max)
            }
        default: throw JSONReader.unknownField()
        }
    }

    /// The same by Foundation, strictly: nil for what is not such a document.
    init?(byFoundation bytes: [UInt8]) {
        struct Inner: Decodable { var count: Int64? }
        struct Decoded: Decodable {
            var name: String?
            var count: Int64?
            var ratio: Double?
            var isOpen: Bool?
            var tags: [String]?
            var inner: Inner?
        }
        let data = Data(bytes)
        guard let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
            Set(object.keys).isSubset(of: ["name", "count", "ratio", "isOpen", "tags", "inner"]),
            !object.values.contains(where: { $0 is NSNull }),
            (object["inner"] as? [String: Any]).map({ inner in
                Set(inner.keys).isSubset(of: ["count"]) && !inner.values.contains { $0 is NSNull }
            }) ?? true, let decoded = try? JSONDecoder().decode(Decoded.self, from: data)
        else { return nil }
        name = decoded.name
        count = decoded.count
        ratio = decoded.ratio
        isOpen = decoded.isOpen
        tags = decoded.tags ?? []
        inner = decoded.inner?.count
    }
}

private func error(of text: String) -> InvalidRequest? {
    do {
        _ = try Sample(reading: Array(text.utf8))
        return nil
    } catch {
        return error
    }
}

@Suite("Reading JSON")
struct JSONReaderTests {
    private static let good = """
        {"name": "자리 \\u00e9\\ud83c\\udfab \\"\\\\\\/\\b\\f\\n\\r\\t", "count": -120, "ratio": 12.5e-3, "isOpen": true,
         "tags": ["a", "", "\\u0001"], "inner": {"count": 7}}
        """

    @Test("Every kind of value is read as it was written")
    func values() throws {
        var expected = Sample()
        expected.name = "자리 é🎫 \"\\/\u{8}\u{c}\n\r\t"
        expected.count = -120
        expected.ratio = 0.0125
        expected.isOpen = true
        expected.tags = ["a", "", "\u{1}"]
        expected.inner = 7
        #expect(try Sample(reading: Array(Self.good.utf8)) == expected)
    }

    /// Foundation takes a repeated field, integers written like `1e2`, and a comma after the last element; it also drops
    /// a byte order mark at the start of a text. The API does neither.
    @Test(
        "What Foundation reads of a mutated document is read the same, and what it refuses is refused",
        arguments: 0..<20)
    func fuzz(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let pieces: [[UInt8]] =
            [
                "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "0", "1", "-", "+", ".", "e", "E", "true", "false",
                "null", " ",
                "\n", "\t", "\0", "\u{1}", "é", "🎫", "\\ud83c", "\\udfab", "\\n", "name", "count",
                "9999999999999999999", "1e2",
            ].map { Array($0.utf8) } + [[0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80]]
        var taken = 0
        for _ in 0..<1_500 {
            var bytes = Array(Self.good.utf8)
            for _ in 0..<Int.random(in: 1...2, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                case 2: bytes.insert(contentsOf: pieces.randomElement(using: &random) ?? [], at: index)
                default:
                    let end = Int.random(in: index...min(bytes.count, index + 12), using: &random)
                    let piece = Array(bytes[index..<end])
                    bytes.replaceSubrange(index..<end, with: Bool.random(using: &random) ? [] : piece + piece)
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            let byFoundation = Sample(byFoundation: bytes)
            do throws(InvalidRequest) {
                let ours = try Sample(reading: bytes)
                taken += 1
                #expect(ours == byFoundation, "taken, and should not be: \(text)")
            } catch {
                let dense = text.filter { !$0.isWhitespace }
                let hasCommaAtEnd = dense.contains(",}") || dense.contains(",]")
                let isStricter =
                    hasCommaAtEnd
                    || ["twice", "an integer", "at most", "no more than", "U+0000"].contains {
                        error.reason.en.contains($0)
                    }
                #expect(byFoundation == nil || isStricter, "refused with \(error.reason.en): \(text)")
            }
        }
        #expect(taken > 20, "the mutations leave nothing that can be read")
    }

    @Test(
        "Each mistake names its field",
        arguments: [
            (#"{"name": 7}"#, "name"), (#"{"name": null}"#, "name"), (#"{"name": "a\u0000b"}"#, "name"),
            (#"{"count": "7"}"#, "count"),
            (#"{"count": 1.5}"#, "count"), (#"{"count": 99999999999999999999}"#, "count"),
            (#"{"ratio": 1e999}"#, "ratio"),
            (#"{"isOpen": 1}"#, "isOpen"), (#"{"tags": ["a", 7]}"#, "tags[1]"), (#"{"tags": {}}"#, "tags"),
            (#"{"inner": {"count": true}}"#, "inner.count"), (#"{"inner": {"other": 1}}"#, "inner.other"),
            (#"{"inner": {"count": 1, "count": 2}}"#, "inner.count"), (#"{"other": 1}"#, "other"),
            (#"{"name": "a", "name": "b"}"#, "name"), (#"{"n\u0061me": "a", "name": "b"}"#, "name"),
        ])
    func fields(text: String, field: String) {
        #expect(error(of: text)?.field == field)
    }

    @Test("Texts may be as long as the limit, counted in Unicode scalars", arguments: ["x", "자", "🎫", "\\u00e9"])
    func length(character: String) {
        func document(_ count: Int) -> String { "{\"name\": \"\(String(repeating: character, count: count))\"}" }
        #expect(error(of: document(200)) == nil)
        #expect(error(of: document(201))?.field == "name")
    }

    @Test("The whole range of integers is read, and one more is not")
    func integers() throws {
        for number in [Int64.min + 1, -1, 0, 1, Int64.max] {
            #expect(try Sample(reading: Array("{\"count\": \(number)}".utf8)).count == number)
        }
        #expect(error(of: #"{"count": 9223372036854775808}"#) != nil)
        #expect(error(of: #"{"count": -9223372036854775808}"#) != nil)
    }

    @Test("No depth, count or length of a document is followed without an end")
    func bounds() {
        #expect(error(of: "{\"tags\": " + String(repeating: "[", count: 100_000)) != nil)
        #expect(error(of: String(repeating: "{\"inner\":", count: 100_000)) != nil)
        let tags = (0...50).map { "\"\($0)\"" }.joined(separator: ",")
        #expect(error(of: "{\"tags\": [\(tags)]}")?.field == "tags")
    }

    @Test("Both languages say what is wrong")
    func languages() throws {
        let wrong = try #require(error(of: #"{"count": true}"#))
        #expect(wrong.reason[.en].contains("a number"))
        #expect(wrong.reason[.ko].contains("숫자"))
    }
}
