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
        let date = try context.id("id", of: ConcertDate.self)
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
        guard let map = try await engine.seatMap(of: date) else { throw Problem.notFound }
        let frames = EventFrames(notices: notices, map: map, since: since)
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                for await frame in frames.merged(heartbeatSeconds: Self.heartbeatSeconds) {
                    try await writer.write(ByteBuffer(bytes: frame))
                }
                try await writer.finish(nil)
            })
    }
}

/// Turns notices into the frames of one stream, from a version on.
struct EventFrames: Sendable {
    let notices: AsyncStream<Notice>
    let map: SeatMap
    /// What the listener has seen; nil when it starts now.
    let since: Int64?

    /// The frames of a listener, with a comment now and then. Ends at a graceful shutdown, so that streams do not hold
    /// it up.
    func merged(heartbeatSeconds: Int) -> AsyncStream<[UInt8]> {
        AsyncStream(bufferingPolicy: .bufferingNewest(256)) { continuation in
            let listening = Task {
                await cancelWhenGracefulShutdown {
                    var follower = SeatFollower(version: map.version)
                    for frame in opening(at: &follower) { continuation.yield(frame) }
                    for await notice in notices {
                        for frame in follower.frames(for: notice, map: map) { continuation.yield(frame) }
                    }
                }
                continuation.finish()
            }
            let beating = Task {
                while !Task.isCancelled {
                    try await Task.sleep(for: .seconds(heartbeatSeconds))
                    continuation.yield([UInt8](": still here\n\n".utf8))
                }
            }
            continuation.onTermination = { _ in
                listening.cancel()
                beating.cancel()
            }
        }
    }

    /// What a listener gets first: the changes it has missed, or the word to fetch the map again.
    private func opening(at follower: inout SeatFollower) -> [[UInt8]] {
        guard let since else { return [EventFrame.reset(version: follower.version)] }
        guard let missed = map.changes(since: since) else {
            return [EventFrame.reset(version: follower.version)]
        }
        follower.version = missed.last?.version ?? since
        return missed.map { EventFrame.seats(version: $0.version, changes: $0.changes) }
    }
}

/// Knows which version a listener has seen, and heals gaps.
struct SeatFollower {
    var version: Int64

    mutating func frames(for notice: Notice, map: SeatMap) -> [[UInt8]] {
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
