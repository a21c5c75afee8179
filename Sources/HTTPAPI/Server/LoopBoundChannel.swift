internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import Ports

/// A connection whose task runs on the connection's own event loop.
///
/// Without this every read and every answer is a hop between the loop and Swift's global pool: two futexes and some
/// 10 µs, which is more than most of our answers cost. Handlers must not block, as on any event loop; what takes long
/// (Argon2, SQLite) has threads of its own.
struct LoopBoundChannel: ServerChildChannel {
    let base: HTTP1Channel
    let responder: APIResponder
    let peers: PeerBook
    /// A client that takes nothing of what it is sent is given up after so long.
    let writeLimit: TimeAmount
    private let serverDate: ServerDate

    init(base: HTTP1Channel, responder: APIResponder, peers: PeerBook, writeLimit: TimeAmount, clock: any WallClock) {
        self.base = base
        self.responder = responder
        self.peers = peers
        self.writeLimit = writeLimit
        serverDate = ServerDate(clock: clock)
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        let deadline = HeadDeadline()
        var configuration = base.configuration
        // Called at once, on the loop that the deadline belongs to.
        let writes = NIOLoopBound(WriteDeadline(limit: writeLimit), eventLoop: channel.eventLoop)
        let malformed = NIOLoopBound(MalformedRequests(deadline), eventLoop: channel.eventLoop)
        configuration.additionalChannelHandlers = { [writes.value, malformed.value] }
        let bytes = NIOLoopBound(HeadDeadline.Bytes(deadline), eventLoop: channel.eventLoop)
        return HTTP1Channel(responder: base.responder, configuration: configuration)
            .setup(channel: channel, logger: logger)
            .flatMapThrowing { value in
                try channel.pipeline.syncOperations.addHandler(bytes.value, position: .first)
                channel.boundUnsentBytes()
                try admit(channel)
                return value
            }
    }

    /// Counts the connection, and lets it in unless its address has too many.
    private func admit(_ channel: any Channel) throws {
        guard let peer = peers.connect(channel.remoteAddress) else { return }
        channel.closeFuture.whenComplete { _ in peers.disconnect(peer) }
        let pipeline = channel.pipeline.syncOperations
        let direct = DirectAnswers(
            responder: responder, peer: peer, executor: EventLoopTaskExecutor(loop: channel.eventLoop),
            serverDate: serverDate)
        // Behind the handler that ends idle connections, which must see what is answered here too.
        let state = try pipeline.handler(type: HTTPConnectionStateHandler.self)
        try pipeline.addHandler(direct, position: .after(state))
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        let channel = value.channel
        await withTaskExecutorPreference(EventLoopTaskExecutor(loop: channel.eventLoop)) {
            guard let peer = try? channel.pipeline.syncOperations.handler(type: DirectAnswers.self).peer else {
                await refuse(value, logger: logger)
                return
            }
            await Peer.$current.withValue(peer) { await base.handle(value: value, logger: logger) }
        }
    }

    /// Closes a connection without reading what it asks: answering would cost what the limit is there to save.
    private func refuse(_ value: HTTP1Channel.Value, logger: Logger) async {
        do {
            try await value.executeThenClose { _, _ in }
        } catch {
            logger.trace("A connection past its address' limit had gone already: \(error)")
        }
    }
}

/// Runs tasks on an event loop.
final class EventLoopTaskExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(loop: any EventLoop) {
        self.loop = loop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
