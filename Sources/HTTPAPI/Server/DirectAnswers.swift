internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore
internal import NIOHTTPTypes

/// Answers a request that has come as a whole right where it was read, on the event loop of its connection.
///
/// Hummingbird hands every request through a queue to the connection's task, and its answer through another one back.
/// Where an answer comes from memory, which is most, that costs more than the answer. So this stands before that queue.
/// What comes in pieces, asks for a stream, or is the connection's last request goes on to Hummingbird. Answers keep the
/// order of their requests: what comes while one is made waits here, and no more is read then.
final class DirectAnswers: ChannelDuplexHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// What came while an answer was made, and waits for its turn.
    private enum Arrival {
        case part(HTTPRequestPart)
        case readComplete
        case event(Any)
        case failure(any Error)
    }

    /// A body up to this size comes in one piece, or nearly so.
    private static let bodyBytesMax = 64 * 1024
    /// An answer up to this size fits into the kernel's buffer.
    private static let writtenAtOnceMax = 32 * 1024

    let peer: Peer
    private let responder: APIResponder
    private let executor: EventLoopTaskExecutor
    private let serverDate: ServerDate

    /// The request that is coming, as long as it may be answered here.
    private var head: HTTPRequest?
    private var body: ByteBuffer?
    /// Requests that went on to Hummingbird and have no answer yet.
    private var passedCount = 0
    private var hasPassed = false
    private var isAnswering = false
    private var waiting = CircularBuffer<Arrival>()
    private var wantsToRead = false

    init(responder: APIResponder, peer: Peer, executor: EventLoopTaskExecutor, serverDate: ServerDate) {
        self.responder = responder
        self.peer = peer
        self.executor = executor
        self.serverDate = serverDate
    }

    // MARK: What comes in

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = Self.unwrapInboundIn(data)
        if isAnswering { waiting.append(.part(part)) } else { take(part, context) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard isAnswering else { return completeRead(context) }
        // Nothing came by this read that is not being answered.
        if !waiting.isEmpty { waiting.append(.readComplete) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // The client's end of the connection, for one: it may close its side and wait for the answer.
        if isAnswering { waiting.append(.event(event)) } else { context.fireUserInboundEventTriggered(event) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isAnswering { waiting.append(.failure(error)) } else { fail(error, context) }
    }

    func read(context: ChannelHandlerContext) {
        // One more read finds out whether the client has gone; what else comes by it is enough to keep.
        if isAnswering, !waiting.isEmpty { wantsToRead = true } else { context.read() }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = Self.unwrapOutboundIn(data) { passedCount = max(0, passedCount - 1) }
        context.write(data, promise: promise)
    }

    private func take(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head(let new):
            if passedCount == 0, responder.answersDirectly(new) {
                head = new
            } else {
                passedCount += 1
                pass(part, context)
            }
        case .body(var chunk):
            guard head != nil else { return pass(part, context) }
            if body == nil { body = chunk } else { body?.writeBuffer(&chunk) }
            if let body, body.readableBytes > Self.bodyBytesMax { passGathered(context) }
        case .end:
            guard let head else { return pass(part, context) }
            let request = Request(head: head, body: RequestBody(buffer: body ?? ByteBuffer()))
            (self.head, body) = (nil, nil)
            answer(request, context)
        }
    }

    private func completeRead(_ context: ChannelHandlerContext) {
        passGathered(context)
        guard hasPassed else { return }
        hasPassed = false
        context.fireChannelReadComplete()
    }

    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        passGathered(context)
        context.fireErrorCaught(error)
    }

    private func pass(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        hasPassed = true
        context.fireChannelRead(Self.wrapInboundOut(part))
    }

    /// Leaves a request to Hummingbird that did not come at once.
    private func passGathered(_ context: ChannelHandlerContext) {
        guard let head else { return }
        passedCount += 1
        pass(.head(head), context)
        if let body { pass(.body(body), context) }
        (self.head, body) = (nil, nil)
    }

    // MARK: What goes out

    private func answer(_ request: Request, _ context: ChannelHandlerContext) {
        isAnswering = true
        let (responder, executor) = (responder, executor)
        let apiContext = APIContext(channel: context.channel, peer: peer)
        let here = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        Task(executorPreference: executor) {
            let response = await responder.respond(to: request, context: apiContext)
            let chunks = await response.body.chunks()
            let (handler, context) = here.value
            handler.finish(response.head, chunks, context)
        }
    }

    private func finish(_ head: HTTPResponse, _ chunks: [ByteBuffer]?, _ context: ChannelHandlerContext) {
        guard let chunks else { return context.close(promise: nil) }
        var head = head
        head.headerFields[.date] = serverDate.text()
        head.headerFields[.server] = "jari"
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        guard let last = chunks.last, chunks.reduce(0, { $0 + $1.readableBytes }) > Self.writtenAtOnceMax else {
            for chunk in chunks { context.write(Self.wrapOutboundOut(.body(chunk)), promise: nil) }
            return end(context)
        }
        // An answer that has ended no longer keeps the connection open, so it ends when its bytes have left.
        for chunk in chunks.dropLast() { context.write(Self.wrapOutboundOut(.body(chunk)), promise: nil) }
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in self.end(context) }
        context.writeAndFlush(Self.wrapOutboundOut(.body(last)), promise: written)
    }

    /// The next request is looked at when the answer has left: whoever reads none is made none.
    private func end(_ context: ChannelHandlerContext) {
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in
            self.isAnswering = false
            self.drain(context)
        }
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: written)
    }

    /// Goes on with what came meanwhile.
    private func drain(_ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return waiting.removeAll() }
        while !isAnswering, let next = waiting.popFirst() {
            switch next {
            case .part(let part): take(part, context)
            case .readComplete: completeRead(context)
            case .event(let event): context.fireUserInboundEventTriggered(event)
            case .failure(let error): fail(error, context)
            }
        }
        guard !isAnswering, wantsToRead else { return }
        wantsToRead = false
        context.read()
    }
}

extension ResponseBody {
    /// The whole body. Not for streams. Nil when it could not be made.
    fileprivate func chunks() async -> [ByteBuffer]? {
        guard contentLength != 0 else { return [] }
        let collector = ChunkCollector()
        do {
            try await write(collector)
            return collector.chunks
        } catch {
            return nil
        }
    }
}

/// Used by one task only.
private final class ChunkCollector: ResponseBodyWriter {
    private(set) var chunks: [ByteBuffer] = []

    func write(_ buffer: ByteBuffer) async throws {
        if buffer.readableBytes > 0 { chunks.append(buffer) }
    }

    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
