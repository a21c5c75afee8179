internal import NIOCore
internal import NIOHTTPTypes

/// Ends connections whose client does not read: answers, and the frames of a stream, would lie here for ever.
///
/// What counts is progress, not speed: as long as the client's side takes a byte now and then it may stay. Each
/// connection is looked at now and then, and only one that is found with a backlog is counted: so answers that leave at
/// once, which is most, pass by untouched.
final class WriteDeadline: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// Of what was written, how much the kernel keeps before it has gone out. Little enough that a slow reader's
    /// progress shows, and that those who do not read hold no memory.
    static let unsentBytesMax: CInt = 64 * 1024

    /// What was seen of a connection with a backlog.
    private struct Backlog {
        var lastProgress: NIODeadline
        var finishedCount: UInt64
        var buffered: Int
    }

    private let limit: TimeAmount
    private var backlog: Backlog?
    /// Of the parts that were written on top of a backlog, how many have left since.
    private var finishedCount: UInt64 = 0
    private var check: Scheduled<Void>?

    /// - Parameter limit: A connection is closed when nothing leaves for so long, up to a half more.
    init(limit: TimeAmount) {
        self.limit = limit
    }

    func handlerAdded(context: ChannelHandlerContext) {
        schedule(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        check?.cancel()
        check = nil
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // On top of a backlog more may be written than leaves, so that the bytes alone would not tell progress.
        guard backlog != nil else { return context.write(data, promise: promise) }
        let written = promise ?? context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in self.finishedCount &+= 1 }
        context.write(data, promise: written)
    }

    private func schedule(_ context: ChannelHandlerContext) {
        check = context.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(limit.nanoseconds / 4)) {
            self.look(context)
        }
    }

    private func look(_ context: ChannelHandlerContext) {
        let buffered = buffered(context)
        guard buffered > 0 else {
            backlog = nil
            return schedule(context)
        }
        let hasMoved = backlog.map { finishedCount != $0.finishedCount || buffered < $0.buffered } ?? true
        let lastProgress = hasMoved ? .now() : backlog?.lastProgress ?? .now()
        backlog = Backlog(lastProgress: lastProgress, finishedCount: finishedCount, buffered: buffered)
        if .now() - lastProgress >= limit {
            context.close(promise: nil)
        } else {
            schedule(context)
        }
    }

    /// Bytes that the kernel has not taken.
    private func buffered(_ context: ChannelHandlerContext) -> Int {
        // A channel that cannot say has no such bytes: then only whole parts count as progress.
        (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }
}

extension Channel {
    /// Lets the kernel keep few bytes that have not gone out (``WriteDeadline/unsentBytesMax``). Only some systems can.
    func boundUnsentBytes() {
        #if os(Linux)
            let notSentLowWater = NIOBSDSocket.Option(rawValue: 25)
            try? syncOptions?.setOption(.tcpOption(notSentLowWater), value: .init(WriteDeadline.unsentBytesMax))
        #endif
    }
}
