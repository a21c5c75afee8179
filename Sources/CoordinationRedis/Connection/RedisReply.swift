/// What a Redis server answers, in the second version of its protocol.
enum RedisReply: Hashable, Sendable {
    case null
    case integer(Int64)
    case bytes([UInt8])
    case status(String)
    /// The server's own words; the first one is a code in capitals.
    case error(String)
    case array([RedisReply])

    var integer: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }

    var bytes: [UInt8]? {
        if case .bytes(let value) = self { value } else { nil }
    }

    var array: [RedisReply]? {
        if case .array(let values) = self { values } else { nil }
    }

    /// The text of a status or of a string.
    var text: String? {
        switch self {
        case .bytes(let value): String(decoding: value, as: UTF8.self)
        case .status(let text): text
        case .null, .integer, .error, .array: nil
        }
    }

    var errorText: String? {
        if case .error(let text) = self { text } else { nil }
    }
}
