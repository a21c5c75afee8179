internal import NIOCore

/// Turns what arrives on a channel into replies, and tells when the channel is gone.
final class ReplyHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let reader = ReplyReader()
    private let received: @Sendable ([RedisReply]) -> Void
    private let ended: @Sendable (String) -> Void
    private var reason = "the server has closed the connection"

    /// - Parameter ended: Told once, with the reason.
    init(received: @escaping @Sendable ([RedisReply]) -> Void, ended: @escaping @Sendable (String) -> Void) {
        self.received = received
        self.ended = ended
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do throws(ReplyReader.Malformed) {
            try reader.feed(unwrapInboundIn(data))
            var replies: [RedisReply] = []
            while let reply = try reader.next() { replies.append(reply) }
            if !replies.isEmpty { received(replies) }
        } catch {
            reason = "what it sends is not Redis' protocol: \(error.reason)"
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        reason = "\(error)"
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        ended(reason)
        context.fireChannelInactive()
    }
}
