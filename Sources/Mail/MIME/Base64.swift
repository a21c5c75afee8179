/// Base 64 (RFC 4648), as mails carry everything that is not short and plain.
enum Base64 {
    private static let digits = [UInt8]("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    /// 76 characters a line.
    private static let bytesPerLine = 57

    static func text(of bytes: some Collection<UInt8>) -> String {
        var text: [UInt8] = []
        append(bytes, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Lines that end with CR and LF, the last one too.
    static func appendLines(of bytes: [UInt8], to text: inout [UInt8]) {
        text.reserveCapacity(text.count + bytes.count * 3 / 2)
        for start in stride(from: 0, to: bytes.count, by: bytesPerLine) {
            append(bytes[start..<min(start + bytesPerLine, bytes.count)], to: &text)
            text += [0x0D, 0x0A]
        }
    }

    private static func append(_ bytes: some Collection<UInt8>, to text: inout [UInt8]) {
        var group: UInt32 = 0
        var count = 0
        for byte in bytes {
            group = group << 8 | UInt32(byte)
            count += 1
            if count == 3 {
                for shift: UInt32 in [18, 12, 6, 0] { text.append(digits[Int(group >> shift & 63)]) }
                (group, count) = (0, 0)
            }
        }
        if count == 1 {
            text += [digits[Int(group >> 2)], digits[Int(group << 4 & 63)], UInt8(ascii: "="), UInt8(ascii: "=")]
        } else if count == 2 {
            text += [
                digits[Int(group >> 10)], digits[Int(group >> 4 & 63)], digits[Int(group << 2 & 63)], UInt8(ascii: "="),
            ]
        }
    }
}
