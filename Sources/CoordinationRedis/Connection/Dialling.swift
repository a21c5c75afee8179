internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import Ports

/// How to open a channel to a server: TCP, and TLS where it is asked for.
struct Dialling: Sendable {
    private static let connectMax = TimeAmount.seconds(1)

    let loop: any EventLoop
    let tls: NIOSSLContext?

    /// - Parameters:
    ///   - received: Told of replies, on the loop.
    ///   - ended: Told once when a channel that was opened is gone, with the reason.
    func channel(
        to address: RedisAddress, received: @escaping @Sendable ([RedisReply]) -> Void,
        ended: @escaping @Sendable (String) -> Void
    ) -> EventLoopFuture<any Channel> {
        let tls = tls
        return ClientBootstrap(group: loop)
            .connectTimeout(Self.connectMax)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(try Self.handler(tls, host: address.host)) }
                    try pipeline.addHandler(ReplyHandler(received: received, ended: ended))
                }
            }
            .connect(host: address.host, port: address.port)
    }

    private static func handler(_ tls: NIOSSLContext, host: String) throws -> NIOSSLClientHandler {
        // A certificate names hosts; a literal address must not be sent as one (RFC 6066).
        let isLiteral = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        return try NIOSSLClientHandler(context: tls, serverHostname: isLiteral ? nil : host)
    }
}
