internal import CRdkafka

/// A message that was received, and where it lay.
struct IncomingMessage: Sendable {
    let place: Place
    let key: [UInt8]?
    let value: [UInt8]?
    let headers: [(name: String, value: [UInt8])]

    init(_ message: UnsafePointer<rd_kafka_message_t>) {
        place = Place(
            topic: message.pointee.rkt.flatMap { rd_kafka_topic_name($0) }.map { String(cString: $0) } ?? "",
            partition: message.pointee.partition, offset: message.pointee.offset)
        key = message.pointee.key.map { Array(UnsafeRawBufferPointer(start: $0, count: message.pointee.key_len)) }
        value = message.pointee.payload.map { Array(UnsafeRawBufferPointer(start: $0, count: message.pointee.len)) }
        headers = Self.headers(of: message)
    }

    private static func headers(of message: UnsafePointer<rd_kafka_message_t>) -> [(name: String, value: [UInt8])] {
        var list: OpaquePointer?
        guard rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list else { return [] }
        var headers: [(name: String, value: [UInt8])] = []
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var count = 0
        while rd_kafka_header_get_all(list, headers.count, &name, &value, &count) == RD_KAFKA_RESP_ERR_NO_ERROR {
            guard let name else { break }
            headers.append((String(cString: name), Array(UnsafeRawBufferPointer(start: value, count: count))))
        }
        return headers
    }
}

/// Where a message lies.
struct Place: Hashable, Sendable {
    let topic: String
    let partition: Int32
    let offset: Int64
}
