internal import NIOCore

/// Ends connections whose request head does not arrive in time. Each byte resets an idle time-out, so a head that drips
/// would hold a connection for ever.
///
/// Two handlers share this: one before the HTTP decoder sees bytes, and ``MalformedRequests`` behind it sees what became
/// of them. Bytes that become nothing are part of a head. There is no timer: whoever stops sending meets the idle time-out.
final class HeadDeadline {
    private static let limit = TimeAmount.seconds(15)
    private var startedAt: NIODeadline?

    /// - Returns: Whether the head has been arriving for too long.
    fileprivate func bytesCame() -> Bool {
        guard let startedAt else {
            startedAt = .now()
            return false
        }
        return .now() - startedAt > Self.limit
    }

    /// Bytes have become part of a request.
    func partCame() {
        startedAt = nil
    }

    /// Before the HTTP decoder.
    final class Bytes: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias InboundOut = ByteBuffer
        private let deadline: HeadDeadline

        init(_ deadline: HeadDeadline) {
            self.deadline = deadline
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if deadline.bytesCame() {
                context.close(promise: nil)
            } else {
                context.fireChannelRead(data)
            }
        }
    }
}
