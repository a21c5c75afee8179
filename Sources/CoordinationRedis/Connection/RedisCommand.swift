internal import NIOCore

/// A command and its arguments, to be sent as an array of strings.
struct RedisCommand: Sendable {
    enum Word: Sendable {
        case bytes([UInt8])
        /// The `run_id` of the server that the command is sent to, which is known only when it is sent.
        case home
    }

    let words: [Word]

    init(_ words: [Word]) {
        self.words = words
    }

    init(_ words: String...) {
        self.words = words.map { .bytes(Array($0.utf8)) }
    }

    func write(to buffer: inout ByteBuffer, home: [UInt8]) {
        buffer.writeInteger(UInt8(ascii: "*"))
        Self.write(count: words.count, to: &buffer)
        for word in words {
            let bytes =
                switch word {
                case .bytes(let bytes): bytes
                case .home: home
                }
            buffer.writeInteger(UInt8(ascii: "$"))
            Self.write(count: bytes.count, to: &buffer)
            buffer.writeBytes(bytes)
            buffer.writeStaticString("\r\n")
        }
    }

    private static func write(count: Int, to buffer: inout ByteBuffer) {
        if count < 10 {
            buffer.writeInteger(UInt8(ascii: "0") &+ UInt8(count))
        } else {
            buffer.writeString(String(count))
        }
        buffer.writeStaticString("\r\n")
    }
}

extension RedisCommand.Word {
    static func text(_ text: String) -> Self { .bytes(Array(text.utf8)) }

    static func integer(_ value: some FixedWidthInteger) -> Self { .bytes(Array(String(value).utf8)) }
}
