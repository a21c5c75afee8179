internal import HummingbirdCore
internal import Logging
internal import NIOCore

/// A connection whose task runs on the connection's own event loop.
///
/// Without this every read and every answer is a hop between the loop and Swift's global pool: two futexes and some
/// 10 µs, which is more than most of our answers cost. Handlers must not block, as on any event loop; what takes long
/// (Argon2, SQLite) has threads of its own.
struct LoopBoundChannel: ServerChildChannel {
    let base: HTTP1Channel
    let peers: PeerBook
    /// A client that takes nothing of what it is sent is given up after so long.
    let writeLimit: TimeAmount

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
                return value
            }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await withTaskExecutorPreference(EventLoopTaskExecutor(loop: value.channel.eventLoop)) {
            guard let peer = peers.connect(value.channel.remoteAddress) else {
                await refuse(value, logger: logger)
                return
            }
            defer { peers.disconnect(peer) }
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
private final class EventLoopTaskExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(loop: any EventLoop) {
        self.loop = loop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
