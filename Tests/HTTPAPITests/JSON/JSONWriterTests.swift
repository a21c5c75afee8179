import Domain
import Foundation
import TestSupport
import Testing

@testable import HTTPAPI

@Suite("Writing JSON")
struct JSONWriterTests {
    private func parsed(_ bytes: [UInt8]) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    @Test("Foundation reads back every text that is written", arguments: 0..<10)
    func texts(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        for _ in 0..<200 {
            let scalars = (0..<Int.random(in: 0...12, using: &random)).compactMap { _ in
                Unicode.Scalar(UInt32.random(in: 0...(Bool.random(using: &random) ? 0x7F : 0x10FFFF), using: &random))
            }
            let text = String(String.UnicodeScalarView(scalars))
            let read = try parsed(JSONWriter.object { $0.field("text", text) })["text"] as? String
            #expect(read.map { Array($0.unicodeScalars) } == scalars)
        }
    }

    @Test("Numbers come out as they are", arguments: [0, 1, -1, 9, 10, 1_000_000_007, Int64.max, Int64.min])
    func integers(number: Int64) {
        #expect(String(decoding: JSONWriter.object { $0.field("n", number) }, as: UTF8.self) == "{\"n\":\(number)}")
    }

    @Test(
        "Decimals have at most three digits and no needless zeros",
        arguments: [
            (0.0, "0"), (1.0, "1"), (-0.5, "-0.5"), (0.25, "0.25"), (0.1234, "0.123"), (0.9996, "1"),
            (-12.005, "-12.005"),
            (10.01, "10.01"), (-0.0001, "0"),
        ])
    func decimals(number: Double, text: String) {
        #expect(String(decoding: JSONWriter.object { $0.field("n", number) }, as: UTF8.self) == "{\"n\":\(text)}")
    }

    @Test("Objects and arrays have commas between, wherever they stand")
    func structures() {
        let bytes = JSONWriter.object { json in
            json.key("empty")
            json.array([Int]()) { $0.value($1) }
            json.key("list")
            json.array([1, 2]) { json, number in json.object { $0.field("n", number) } }
            json.field("none", optional: String?.none)
            json.field("flag", true)
        }
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"empty":[],"list":[{"n":1},{"n":2}],"none":null,"flag":true}"#)
    }

    @Test("Ids and moments are text")
    func values() {
        let id = UserID(high: 0x01A2_0810_0F80_7000, low: 0xA4D3_2516_0C5C_7FD0)
        let bytes = JSONWriter.object { json in
            json.field("id", id)
            json.field("at", Timestamp(milliseconds: 1_795_392_000_001))
        }
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"id":"01a20810-0f80-7000-a4d3-25160c5c7fd0","at":"2026-11-23T00:00:00.001Z"}"#)
    }
}
