import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// A real HTTP server that writes down what it is sent, and answers as it is told to.
final class Receiver: Sendable {
    struct Received: Sendable, Equatable {
        let uri: String
        let headers: HTTPHeaders
        let body: [UInt8]

        func header(_ name: String) -> String? { headers.first(name: name) }
    }

    enum Reply: Sendable {
        case status(Int, body: String = "", headers: HTTPHeaders = [:])
        /// Nothing ever comes, or no more after the head.
        case never
        case endlessBody
        case close
    }

    private struct State {
        var received: [Received] = []
        var connectionCount = 0
        var underWay = 0
        var underWayMost = 0
    }

    private let channel: any Channel
    private let state = Mutex(State())
    private let reply: @Sendable (Received, Int) async -> Reply

    /// - Parameter reply: Given what came and how many came before.
    static func with(
        host: String = "127.0.0.1", tls: NIOSSLContext? = nil,
        reply: @escaping @Sendable (Received, Int) async -> Reply = { _, _ in .status(204) },
        _ body: (Receiver) async throws -> Void
    ) async throws {
        let box = Mutex<Receiver?>(nil)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    guard let receiver = box.withLock({ $0 }) else { return }
                    receiver.state.withLock { $0.connectionCount += 1 }
                    try channel.pipeline.syncOperations.addHandler(Handler(receiver))
                }
            }
            .bind(host: host, port: 0).get()
        let receiver = Receiver(channel: channel, reply: reply)
        box.withLock { $0 = receiver }
        do {
            try await body(receiver)
        } catch {
            try await channel.close()
            throw error
        }
        try await channel.close()
    }

    private init(channel: any Channel, reply: @escaping @Sendable (Received, Int) async -> Reply) {
        self.channel = channel
        self.reply = reply
    }

    var port: Int { channel.localAddress?.port ?? 0 }
    var received: [Received] { state.withLock { $0.received } }
    var connectionCount: Int { state.withLock { $0.connectionCount } }
    /// How many were waiting for their answer at the same time, at most.
    var underWayMost: Int { state.withLock { $0.underWayMost } }

    fileprivate func take(_ one: Received, from channel: any Channel) {
        Task.detached {
            let reply = await self.answer(one)
            Self.write(reply, to: channel)
        }
    }

    private func answer(_ one: Received) async -> Reply {
        let before = state.withLock { state in
            state.received.append(one)
            state.underWay += 1
            state.underWayMost = max(state.underWayMost, state.underWay)
            return state.received.count - 1
        }
        let reply = await reply(one, before)
        state.withLock { $0.underWay -= 1 }
        return reply
    }

    private static func write(_ reply: Receiver.Reply, to channel: any Channel) {
        switch reply {
        case .status(let code, let text, var headers):
            headers.replaceOrAdd(name: "content-length", value: String(text.utf8.count))
            let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: code), headers: headers)
            channel.write(HTTPServerResponsePart.head(head), promise: nil)
            channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: text))), promise: nil)
            channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
        case .never: break
        case .endlessBody:
            let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["transfer-encoding": "chunked"])
            channel.write(HTTPServerResponsePart.head(head), promise: nil)
            channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: "still"))), promise: nil)
        case .close: channel.close(promise: nil)
        }
    }
}

private final class Handler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let receiver: Receiver
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(_ receiver: Receiver) {
        self.receiver = receiver
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
        case .body(let part): body += part.readableBytesView
        case .end:
            guard let head else { return }
            let received = Receiver.Received(uri: head.uri, headers: head.headers, body: body)
            receiver.take(received, from: context.channel)
        }
    }
}
