internal import Domain
internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypes
internal import NIOHTTPTypesHTTP1

/// Answers what is not HTTP with a problem document.
///
/// Hummingbird answers such a request with a bare 400, at its turn behind the answers to the requests before it, and
/// closes the connection. This stands behind the HTTP decoder, and when that gives up, puts the one into the pipeline
/// that gives the 400 its body: until then answers pass without being looked at.
final class MalformedRequests: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart

    private let deadline: HeadDeadline
    private var isReading = false
    private var isFirst = true

    /// - Parameter deadline: Told when the head of a request is complete.
    init(_ deadline: HeadDeadline) {
        self.deadline = deadline
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        deadline.partCame()
        switch Self.unwrapInboundIn(data) {
        case .head: isReading = true
        case .body: break
        case .end: isReading = false
        }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let malformed: HTTPParserError
        switch error {
        case let error as HTTPParserError: malformed = error
        // A method or target that the types of Hummingbird cannot hold: it knows parser errors only.
        case is HTTP1TypeConversionError: malformed = .invalidMethod
        default:
            context.fireErrorCaught(error)
            return
        }
        if isFirst {
            isFirst = false
            do {
                try context.pipeline.syncOperations.addHandler(
                    MalformedAnswer(malformed, isSilent: isReading), position: .after(self))
            } catch {
                return context.close(promise: nil)
            }
        }
        context.fireErrorCaught(malformed)
    }
}

/// Gives Hummingbird's bare 400 a body, or keeps it back.
private final class MalformedAnswer: ChannelOutboundHandler {
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let malformed: HTTPParserError
    /// The request whose body broke was answered already: a second answer would be nobody's.
    private let isSilent: Bool
    private var isKeepingBack = false

    init(_ malformed: HTTPParserError, isSilent: Bool) {
        self.malformed = malformed
        self.isSilent = isSilent
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .head(let head) = Self.unwrapOutboundIn(data), head.status == .badRequest,
            head.headerFields[.contentType] == nil
        {
            // Ours all have a type.
            guard isSilent else { return write(Problem(malformed), context: context, promise: promise) }
            isKeepingBack = true
        }
        if isKeepingBack {
            promise?.succeed()
        } else {
            context.write(data, promise: promise)
        }
    }

    private func write(_ problem: Problem, context: ChannelHandlerContext, promise: EventLoopPromise<Void>?) {
        // What language its author reads, nobody knows.
        let body = ByteBuffer(bytes: problem.document(in: .ko))
        let head = HTTPResponse(
            status: problem.code.status,
            headerFields: [
                .contentType: "application/problem+json", .contentLanguage: "ko", .cacheControl: "no-store",
                .contentLength: "\(body.readableBytes)", .connection: "close", .requestID: RequestID.next(),
                .contentTypeOptions: "nosniff",
            ])
        context.write(Self.wrapOutboundOut(.head(head)), promise: promise)
        context.write(Self.wrapOutboundOut(.body(body)), promise: nil)
    }
}

extension Problem {
    /// Bytes that are no request.
    init(_ error: HTTPParserError) {
        switch error {
        case .headerOverflow:
            self.init(
                .headersTooLarge, ko: "요청 줄과 헤더가 너무 큽니다. 줄여서 다시 보내 주세요.",
                en: "The request line or the headers are too large. Send less.")
        default:
            self.init(
                .invalidRequest, ko: "올바른 HTTP/1.1 요청이 아닙니다.", en: "This is not a valid request of HTTP/1.1.")
        }
    }
}
