internal import CHiredis
internal import NIOCore

/// Makes replies of bytes as they arrive, with hiredis' reader.
struct ReplyReader: ~Copyable {
    /// What arrived is not Redis' protocol, or more than hiredis takes.
    struct Malformed: Error {
        let reason: String
    }

    private let reader: UnsafeMutablePointer<redisReader>

    init() {
        guard let reader = redisReaderCreate() else { preconditionFailure("no memory for a reader of replies") }
        self.reader = reader
    }

    deinit { redisReaderFree(reader) }

    /// Takes all of a buffer.
    func feed(_ buffer: ByteBuffer) throws(Malformed) {
        let status = buffer.withUnsafeReadableBytes { bytes in
            redisReaderFeed(reader, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        guard status == REDIS_OK else { throw malformed() }
    }

    /// The next reply, or nil when it has not arrived as a whole.
    func next() throws(Malformed) -> RedisReply? {
        var found: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &found) == REDIS_OK else { throw malformed() }
        guard let found else { return nil }
        defer { freeReplyObject(found) }
        return Self.value(of: found.assumingMemoryBound(to: redisReply.self).pointee)
    }

    private func malformed() -> Malformed {
        Malformed(
            reason: withUnsafeBytes(of: reader.pointee.errstr) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            })
    }

    private static func value(of reply: redisReply) -> RedisReply {
        switch reply.type {
        case REDIS_REPLY_INTEGER: .integer(reply.integer)
        case REDIS_REPLY_STRING: .bytes(Array(UnsafeRawBufferPointer(start: reply.str, count: reply.len)))
        case REDIS_REPLY_STATUS: .status(text(of: reply))
        case REDIS_REPLY_ERROR: .error(text(of: reply))
        case REDIS_REPLY_ARRAY:
            .array(
                UnsafeBufferPointer(start: reply.element, count: reply.elements).map { element in
                    element.map { value(of: $0.pointee) } ?? .null
                })
        default: .null
        }
    }

    private static func text(of reply: redisReply) -> String {
        String(decoding: UnsafeRawBufferPointer(start: reply.str, count: reply.len), as: UTF8.self)
    }
}
