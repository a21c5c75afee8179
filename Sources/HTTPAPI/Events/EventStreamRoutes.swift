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
    let clock: any WallClock
    let access: Access
    private let shared = SharedFrames()

    init(_ parts: APIDependencies) {
        engine = parts.engine
        broadcast = parts.broadcast
        clock = parts.clock
        access = parts.access
    }

    func events(_ request: Request, _ context: APIContext) async throws -> Response {
        try await access.anyone(context, .read)
        let date = try context.id(of: ConcertDate.self)
        let since = try request.lastSeenVersion()
        // Listening starts before the map is read, so that no change falls between.
        let notices = broadcast.notices(about: date)
        guard let first = try await engine.seatMap(of: date), first.isPublic else { throw Problem.notFound }
        let signals = StreamSignal.merged(notices, heartbeatSeconds: Self.heartbeatSeconds)
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                var map = first
                var follower = SeatFollower(version: map.version, date: date, shared: shared)
                for frame in follower.opening(since: since, map: map, now: clock.now()) {
                    try await writer.write(frame)
                }
                for await signal in signals {
                    if case .notice(.mapReplaced) = signal {
                        guard let next = try await engine.seatMap(of: date), next.isPublic else { break }
                        map = next
                        follower.version = map.version
                    }
                    for frame in follower.frames(for: signal, map: map, now: clock.now()) {
                        try await writer.write(frame)
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
    let date: DateID
    let shared: SharedFrames

    /// What a listener gets first: the changes since the version that it has seen, or the word to fetch the map.
    mutating func opening(since: Int64?, map: SeatMap, now: Timestamp) -> [ByteBuffer] {
        guard let since, let missed = map.changes(since: since, now: now) else {
            return [ByteBuffer(bytes: EventFrame.reset(version: version))]
        }
        version = missed.last?.version ?? min(since, version)
        return missed.map { ByteBuffer(bytes: EventFrame.seats($0)) }
    }

    mutating func frames(for signal: StreamSignal, map: SeatMap, now: Timestamp) -> [ByteBuffer] {
        switch signal {
        case .heartbeat: [ByteBuffer(string: ": still here\n\n")]
        case .notice(let notice): frames(for: notice, map: map, now: now)
        }
    }

    private mutating func frames(for notice: Notice, map: SeatMap, now: Timestamp) -> [ByteBuffer] {
        switch notice {
        case .seats(let seats):
            if seats.version <= version { return [] }
            defer { version = seats.version }
            if seats.previous <= version {
                return [shared.seats(of: date, version: seats.version) { EventFrame.seats(seats) }]
            }
            guard let missed = map.changes(since: version, now: now) else {
                return [ByteBuffer(bytes: EventFrame.reset(version: seats.version))]
            }
            return missed.filter { $0.version <= seats.version }.map { ByteBuffer(bytes: EventFrame.seats($0)) }
        case .mapReplaced:
            return [ByteBuffer(bytes: EventFrame.reset(version: version))]
        case .queue(let figures):
            return [ByteBuffer(bytes: EventFrame.frame("queue", JSONWriter.object { $0.figures(figures) }))]
        case .soldOut:
            return [ByteBuffer(bytes: EventFrame.frame("soldOut", [UInt8]("{}".utf8)))]
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

    static func seats(_ seats: ChangedSeats) -> [UInt8] {
        let data = JSONWriter.object { json in
            json.field("previous", seats.previous)
            json.field("version", seats.version)
            json.key("changes")
            json.array(seats.changes) { json, change in
                json.array([change.ordinal, Int(change.state.mapCode)]) { $0.value($1) }
            }
        }
        return frame("seats", id: seats.version, data)
    }

    static func reset(version: Int64) -> [UInt8] {
        frame("reset", id: version, JSONWriter.object { $0.field("version", version) })
    }
}
