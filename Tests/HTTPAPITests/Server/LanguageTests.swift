import Domain
import Testing

@testable import HTTPAPI

@Suite("The language of an answer")
struct LanguageTests {
    @Test(
        "Accept-Language chooses by weight, Korean when it says neither",
        arguments: [
            (nil, Language.ko), ("", .ko), ("en", .en), ("ko", .ko), ("EN-us", .en), ("ko-KR,en;q=0.9", .ko),
            ("en-US,en;q=0.9,ko;q=0.8", .en), ("ko;q=0.1, en;q=0.2", .en), ("en;q=0.2,ko;q=0.2", .en), ("fr, de", .ko),
            ("fr, en;q=0.1", .en), ("*", .ko), ("en;q=0", .ko), ("en;q=0, ko;q=0.001", .ko),
            ("en ; q = 0.5 , ko;q=0.4", .en),
            (";;;,,,", .ko), ("en;q=nonsense", .en), ("english", .ko), ("kok, en", .en), ("en;q=nan,ko;q=0.1", .ko),
        ] as [(String?, Language)])
    func choice(header: String?, language: Language) {
        #expect(Language(accepting: header) == language)
    }

    @Test("A header of a thousand languages costs no more than its first sixteen")
    func bounded() {
        let many = Array(repeating: "fr", count: 16).joined(separator: ",")
        #expect(Language(accepting: many + ",en") == .ko)
    }
}
