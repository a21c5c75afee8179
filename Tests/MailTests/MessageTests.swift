import Domain
import Foundation
import Testing

@testable import Mail

@Suite("Mails as bytes")
struct MessageTests {
    private func message(name: String = "민지", subject: String = "예매 완료") -> Message {
        Message(
            id: "0198a000-0000-7000-8000-000000000001", from: Mailbox(name: "자리 Jari", address: "tickets@example.com"),
            to: Mailbox(name: name, address: "fan@example.org"), subject: subject,
            date: "Wed, 25 Nov 2026 19:00:00 +0900",
            content: Part(
                type: "multipart/mixed",
                body: .parts([
                    .text("안녕하세요", type: "text/plain; charset=utf-8"), .text("b", type: "text/html; charset=utf-8"),
                ])))
    }

    @Test("A mail is written as RFC 5322 and MIME want it, line by line")
    func golden() {
        let lines = String(decoding: message().bytes, as: UTF8.self)
            .split(separator: "\r\n", omittingEmptySubsequences: false)
        let boundary = "jari-0-0198a000-0000-7000-8000-000000000001"
        #expect(
            lines == [
                "Date: Wed, 25 Nov 2026 19:00:00 +0900",
                "Message-ID: <0198a000-0000-7000-8000-000000000001@example.com>",
                "From: =?utf-8?B?7J6Q66asIEphcmk=?= <tickets@example.com>",
                "To: =?utf-8?B?66+87KeA?= <fan@example.org>", "Subject: =?utf-8?B?7JiI66ekIOyZhOujjA==?=",
                "Auto-Submitted: auto-generated", "X-Auto-Response-Suppress: All", "Content-Language: ko, en",
                "MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=\"\(boundary)\"", "",
                "--\(boundary)", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64", "",
                "7JWI64WV7ZWY7IS47JqU", "--\(boundary)", "Content-Type: text/html; charset=utf-8",
                "Content-Transfer-Encoding: base64", "", "Yg==", "--\(boundary)--", "",
            ])
    }

    @Test("No boundary begins with another one, however deep and many the parts are")
    func boundaries() {
        func part(depth: Int) -> Part {
            guard depth > 0 else { return .text("x", type: "text/plain") }
            return Part(type: "multipart/mixed", body: .parts((0..<11).map { _ in part(depth: depth - 1) }))
        }
        let mailbox = Mailbox(name: "", address: "a@b.c")
        let message = Message(
            id: "0198a000-0000-7000-8000-000000000001", from: mailbox, to: mailbox, subject: "", date: "",
            content: part(depth: 3))
        let text = String(decoding: message.bytes, as: UTF8.self)
        let boundaries = text.split(separator: "boundary=\"").dropFirst().map { $0.prefix { $0 != "\"" } }.sorted()
        #expect(boundaries.count == 1 + 11 + 121)
        // One that begins with another stands right behind it, or behind others that do.
        for (first, second) in zip(boundaries, boundaries.dropFirst()) {
            #expect(!second.hasPrefix(first), "\(second)")
        }
    }

    @Test(
        "What users wrote adds no header",
        arguments: [
            "a\r\nBcc: x@y.z", "a\nBcc: x@y.z", "a\rBcc: x@y.z", "a\u{2028}Bcc: x", "\u{0}\r\n\r\nbody", "\u{85}",
        ])
    func injection(text: String) {
        let message = message(name: text, subject: text)
        let head = String(decoding: message.bytes, as: UTF8.self).split(separator: "\r\n\r\n")[0]
        let names = head.split(separator: "\r\n").filter { !$0.hasPrefix(" ") }.map { $0.prefix { $0 != ":" } }
        #expect(
            names == [
                "Date", "Message-ID", "From", "To", "Subject", "Auto-Submitted", "X-Auto-Response-Suppress",
                "Content-Language", "MIME-Version", "Content-Type",
            ])
        #expect(!head.unicodeScalars.contains { $0.isControl && $0 != "\r" && $0 != "\n" })
        #expect(!String(decoding: message.bytes, as: UTF8.self).contains("\nBcc"))
    }

    @Test("Encoded words are short, whole characters, and only where they are needed")
    func encodedWords() throws {
        #expect(EncodedWord.text("Your tickets: Jari (live)") == "Your tickets: Jari (live)")
        #expect(EncodedWord.text("=?utf-8?B?eA==?=") != "=?utf-8?B?eA==?=")
        #expect(EncodedWord.phrase("Minji Kim") == "Minji Kim")
        #expect(EncodedWord.phrase("Kim, Minji") == "=?utf-8?B?S2ltLCBNaW5qaQ==?=")
        #expect(EncodedWord.phrase("") == "")
        let subject = String(repeating: "예매🎫", count: 40)
        let long = EncodedWord.text(subject)
        let words = long.split(separator: "\r\n ")
        #expect(words.count > 5)
        #expect(words.allSatisfy { $0.utf8.count <= 75 && $0.hasPrefix("=?utf-8?B?") && $0.hasSuffix("?=") })
        // Each is read by itself.
        let parts = try words.map { word in
            let bytes = try #require(Data(base64Encoded: String(word.dropFirst(10).dropLast(2))))
            return try #require(String(validating: bytes, as: UTF8.self))
        }
        #expect(parts.joined() == subject)
    }

    @Test("Base 64 is that of RFC 4648, in lines of 76")
    func base64() {
        let vectors = ["": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foob": "Zm9vYg==", "foobar": "Zm9vYmFy"]
        for (text, encoded) in vectors { #expect(Base64.text(of: Array(text.utf8)) == encoded) }
        #expect(Base64.text(of: [0xFB, 0xFF, 0xBF]) == "+/+/")
        var lines: [UInt8] = []
        Base64.appendLines(of: [UInt8](repeating: 0, count: 58), to: &lines)
        #expect(lines == Array((String(repeating: "A", count: 76) + "\r\nAA==\r\n").utf8))
    }

    @Test("Addresses that could steer a server or a header are none")
    func addresses() {
        for good in ["a@b", "fan+jari@example.com", "민지@예시.한국", "o'neil@example.com"] {
            #expect(Mailbox(name: "", address: good).isDeliverable, "\(good)")
        }
        for bad in [
            "", "@", "a@", "@b", "a@b@c", "a b@c", "a@b>", "<a@b", "a@b\r\nRCPT TO:<x@y>", "a@b\n", "a,b@c", "a;b@c",
            "\"a\"@b", "a@[127.0.0.1]", "a@b\u{0}", "a@b\u{2028}", String(repeating: "a", count: 253) + "@b",
        ] { #expect(!Mailbox(name: "", address: bad).isDeliverable, "\(bad)") }
        #expect(Mailbox("자리 <a@b.c>") == Mailbox(name: "자리", address: "a@b.c"))
        #expect(Mailbox("\"Jari, Inc.\" <a@b.c>") == Mailbox(name: "Jari, Inc.", address: "a@b.c"))
        #expect(Mailbox("a@b.c") == Mailbox(name: "", address: "a@b.c"))
        #expect(Mailbox("Jari") == nil)
        #expect(Mailbox("Jari <a b>") == nil)
    }
}
