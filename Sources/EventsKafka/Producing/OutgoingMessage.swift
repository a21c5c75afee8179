/// A message to be sent.
struct OutgoingMessage: Sendable {
    var topic: String
    /// Messages with the same key lie in one partition, in the order in which they were sent.
    var key: [UInt8]?
    var value: [UInt8]?
    var headers: [(name: String, value: [UInt8])]
}
