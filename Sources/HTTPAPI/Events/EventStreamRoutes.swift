internal import Domain
internal import Engine
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Ports
internal import ServiceLifecycle

/// `GET /dates/{id}/events`: what changes on a date, as server-sent events.
struct EventStreamRoutes: Sendable {
    /// A comment this often keeps proxies from closing a quiet stream.
    private static let heartbeatSeconds = 15

    let engine: Engine
    let broadcast: any Broadcast
    let access: Access

    init(_ parts: APIDependencies) {
        engine = parts.engine
        broadcast = parts.broadcast
        access = parts.access
    }

    func events(_ request: Request, _ context: APIContext) async throws -> Response {
        try await access.anyone(context, .read)
        let date = try context.id(of: ConcertDate.self)
        let last = request.headers[.lastEventID] ?? request.query("since")
        let since = try last.map { text in
            guard let version = Int64(text) else {
                throw Problem(
                    InvalidRequest(
                        "Last-Event-ID", ko: "앞서 받은 id를 그대로 보내 주세요.", en: "Send an id that came before, unchanged."))
            }
            return version
        }
        // Listening starts before the map is read, so that no change falls between.
        let notices = broadcast.notices(about: date)
        guard let map = try await engine.seatMap(of: date), map.isPublic else { throw Problem.notFound }
        let signals = StreamSignal.merged(notices, heartbeatSeconds: Self.heartbeatSeconds)
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                var follower = SeatFollower(version: map.version)
                for frame in follower.opening(since: since, map: map) {
                    try await writer.write(ByteBuffer(bytes: frame))
                }
                for await signal in signals {
                    for frame in follower.frames(for: signal, map: map) {
                        try await writer.write(ByteBuffer(bytes: frame))
                    }
                }
                try await writer.finish(nil)
            })
    }
}

/// What makes a stream write: something happened, or it is time for a sign of life.
enum StreamSignal: Sendable {
    case notice(Notice)
    case heartbeat

    /// Signals that may wait for a listener who reads slowly. Past it the oldest are dropped, and ``SeatFollower``
    /// makes up for them: so frames are made when they are written, and never queue up themselves.
    private static let waitingMax = 256

    /// Notices with a heartbeat now and then. Ends at a graceful shutdown, so that streams do not hold it up.
    static func merged(_ notices: AsyncStream<Notice>, heartbeatSeconds: Int) -> AsyncStream<StreamSignal> {
        AsyncStream(bufferingPolicy: .bufferingNewest(waitingMax)) { continuation in
            let listening = Task {
                await cancelWhenGracefulShutdown {
                    for await notice in notices { continuation.yield(.notice(notice)) }
                }
                continuation.finish()
            }
            let beating = Task {
                while !Task.isCancelled {
                    try await Task.sleep(for: .seconds(heartbeatSeconds))
                    continuation.yield(.heartbeat)
                }
            }
            continuation.onTermination = { _ in
                listening.cancel()
                beating.cancel()
            }
        }
    }
}

/// Knows which version a listener has seen, and heals gaps.
struct SeatFollower {
    var version: Int64

    /// What a listener gets first: the changes since the version that it has seen, or the word to fetch the map.
    mutating func opening(since: Int64?, map: SeatMap) -> [[UInt8]] {
        guard let since, let missed = map.changes(since: since) else { return [EventFrame.reset(version: version)] }
        version = missed.last?.version ?? since
        return missed.map { EventFrame.seats(version: $0.version, changes: $0.changes) }
    }

    mutating func frames(for signal: StreamSignal, map: SeatMap) -> [[UInt8]] {
        switch signal {
        case .heartbeat: [[UInt8](": still here\n\n".utf8)]
        case .notice(let notice): frames(for: notice, map: map)
        }
    }

    private mutating func frames(for notice: Notice, map: SeatMap) -> [[UInt8]] {
        switch notice {
        case .seats(let next, let changes):
            if next <= version { return [] }
            defer { version = next }
            if next == version + 1 { return [EventFrame.seats(version: next, changes: changes)] }
            guard let missed = map.changes(since: version) else { return [EventFrame.reset(version: next)] }
            return missed.filter { $0.version <= next }.map {
                EventFrame.seats(version: $0.version, changes: $0.changes)
            }
        case .mapReplaced(let next):
            version = next
            return [EventFrame.reset(version: next)]
        case .queue(let figures):
            return [EventFrame.frame("queue", JSONWriter.object { $0.figures(figures) })]
        case .soldOut:
            return [EventFrame.frame("soldOut", [UInt8]("{}".utf8))]
        }
    }
}

/// Frames as the standard for server-sent events writes them.
enum EventFrame {
    static func frame(_ name: StaticString, id: Int64? = nil, _ data: [UInt8]) -> [UInt8] {
        var frame = [UInt8]("event: ".utf8)
        name.withUTF8Buffer { frame.append(contentsOf: $0) }
        if let id { frame.append(contentsOf: "\nid: \(id)".utf8) }
        frame.append(contentsOf: "\ndata: ".utf8)
        frame.append(contentsOf: data)
        frame.append(contentsOf: "\n\n".utf8)
        return frame
    }

    static func seats(version: Int64, changes: [SeatChange]) -> [UInt8] {
        let data = JSONWriter.object { json in
            json.field("version", version)
            json.key("changes")
            json.array(changes) { json, change in
                json.array([change.ordinal, Int(change.state.mapCode)]) { $0.value($1) }
            }
        }
        return frame("seats", id: version, data)
    }

    static func reset(version: Int64) -> [UInt8] {
        frame("reset", id: version, JSONWriter.object { $0.field("version", version) })
    }
}
