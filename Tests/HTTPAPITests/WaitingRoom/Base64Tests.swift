import Foundation
import TestSupport
import Testing

@testable import HTTPAPI

@Suite("Base 64")
struct Base64Tests {
    private func samples() -> [[UInt8]] {
        var random = SeededRandom(seed: 64)
        let short = (0...66).map { count in (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) } }
        return short + [
            [0], [255], [0, 0], [255, 255], Array(repeating: 255, count: 99), Array(repeating: 0, count: 4_000),
        ]
    }

    @Test("Both alphabets write what Foundation writes")
    func writing() {
        for bytes in samples() {
            let standard = Data(bytes).base64EncodedString()
            #expect(String(decoding: Base64.encode(bytes), as: UTF8.self) == standard)
            let forURLs = standard.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
            #expect(String(decoding: bytes.withUnsafeBytes { Base64URL.encode($0) }, as: UTF8.self) == forURLs)
        }
    }

    @Test("What was written is read back")
    func reading() {
        for bytes in samples() {
            let text = String(decoding: bytes.withUnsafeBytes { Base64URL.encode($0) }, as: UTF8.self)
            #expect(Base64URL.decode(text) == bytes)
        }
    }

    @Test(
        "Each value has one text: padding, other signs, lonely digits and stray bits are none",
        arguments: ["A", "AA=", "AA==", "A+/A", "A A", "AAAAA", "AB", "AAB", "한", "AA\n"])
    func strictness(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }
}
