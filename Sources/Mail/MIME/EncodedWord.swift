/// Header text in ASCII (RFC 2047). What users wrote stands in headers: encoded, it cannot end a line.
enum EncodedWord {
    /// An encoded word has at most 75 characters; 45 bytes become 60 of them.
    private static let bytesPerWord = 45

    /// A text such as a subject: as it is when it is plain, else as encoded words on lines of their own.
    static func text(_ text: String) -> String {
        let clean = withoutControls(text)
        let isPlain =
            clean.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } && !clean.contains("=?") && clean.utf8.count < 60
        return isPlain ? clean : encoded(clean)
    }

    /// A name before an address, where more characters than in a text have a meaning.
    static func phrase(_ text: String) -> String {
        let clean = withoutControls(text)
        let isAtoms =
            clean.utf8.count < 60 && clean.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == " ") }
        return isAtoms ? clean : encoded(clean)
    }

    static func withoutControls(_ text: String) -> String {
        var clean = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { clean.append(scalar.isControl ? " " : scalar) }
        return String(clean)
    }

    /// Words end between characters, as RFC 2047 asks for.
    private static func encoded(_ text: String) -> String {
        var words: [[UInt8]] = [[]]
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if words[words.count - 1].count + bytes.count > bytesPerWord { words.append([]) }
            words[words.count - 1] += bytes
        }
        return words.map { "=?utf-8?B?\(Base64.text(of: $0))?=" }.joined(separator: "\r\n ")
    }
}
