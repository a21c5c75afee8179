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

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        let deadline = HeadDeadline()
        var configuration = base.configuration
        // Called at once, on the loop that the deadline belongs to.
        let parts = NIOLoopBound(HeadDeadline.Parts(deadline), eventLoop: channel.eventLoop)
        configuration.additionalChannelHandlers = { [parts.value] }
        let bytes = NIOLoopBound(HeadDeadline.Bytes(deadline), eventLoop: channel.eventLoop)
        return HTTP1Channel(responder: base.responder, configuration: configuration)
            .setup(channel: channel, logger: logger)
            .flatMapThrowing { value in
                try channel.pipeline.syncOperations.addHandler(bytes.value, position: .first)
                return value
            }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await withTaskExecutorPreference(EventLoopTaskExecutor(loop: value.channel.eventLoop)) {
            await base.handle(value: value, logger: logger)
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
