/// A part of a mail: something in base 64, or parts of its own.
///
/// libcurl has a MIME composer, but only its own transfers can read from it. This one gives bytes, so that what a test
/// or a developer finds in a file is what goes to the mail server.
struct Part: Sendable {
    enum Body: Sendable {
        case bytes([UInt8])
        case parts([Part])
    }

    /// ASCII, without the header's name: `text/plain; charset=utf-8`.
    let type: String
    /// More headers, such as `Content-ID`.
    var headers: [(name: String, value: String)] = []
    let body: Body

    static func text(_ text: String, type: String) -> Part {
        Part(type: type, body: .bytes(Array(text.utf8)))
    }

    /// - Parameters:
    ///   - place: The part's, such as `0.1` for the second part of the first. It stands in the boundary before what all
    ///     share, so that none begins with another: mail programs may look for the beginning only.
    ///   - id: The mail's. A boundary occurs in no part, since base 64 has no hyphen.
    fileprivate func append(to text: inout [UInt8], place: String, id: String) {
        for header in headers { text += Array("\(header.name): \(header.value)\r\n".utf8) }
        switch body {
        case .bytes(let bytes):
            text += Array("Content-Type: \(type)\r\nContent-Transfer-Encoding: base64\r\n\r\n".utf8)
            Base64.appendLines(of: bytes, to: &text)
        case .parts(let parts):
            let boundary = "jari-\(place)-\(id)"
            text += Array("Content-Type: \(type); boundary=\"\(boundary)\"\r\n\r\n".utf8)
            for (index, part) in parts.enumerated() {
                text += Array("--\(boundary)\r\n".utf8)
                part.append(to: &text, place: "\(place).\(index)", id: id)
            }
            text += Array("--\(boundary)--\r\n".utf8)
        }
    }
}

/// A whole mail (RFC 5322), ready to be sent.
struct Message: Sendable {
    /// Names the mail for ever, also when it is sent twice.
    let id: String
    let from: Mailbox
    let to: Mailbox
    let subject: String
    /// RFC 5322's own way to write a time.
    let date: String
    let content: Part

    /// All in ASCII, but for an address that is not; lines end with CR and LF.
    var bytes: [UInt8] {
        var text: [UInt8] = []
        let headers = [
            ("Date", date), ("Message-ID", "<\(id)@\(from.host)>"), ("From", from.header), ("To", to.header),
            ("Subject", EncodedWord.text(subject)),
            // Nobody's absence is to be announced to a program.
            ("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All"), ("Content-Language", "ko, en"),
            ("MIME-Version", "1.0"),
        ]
        for (name, value) in headers { text += Array("\(name): \(value)\r\n".utf8) }
        content.append(to: &text, place: "0", id: id)
        return text
    }
}
