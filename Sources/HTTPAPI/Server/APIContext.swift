internal import Domain
internal import HTTPTypes
public import Hummingbird
internal import Logging
internal import NIOCore

/// What travels with one request.
public struct APIContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    /// The part of the path that stands for an id.
    var pathID: Substring?
    /// Names the request in its answer and in the log.
    let requestID: String
    /// Who asks: the other end of the connection, or whom that speaks for. Nil only where there is no server, in tests.
    var peer: Peer?
    private let channel: any Channel
    /// Hummingbird's own; nothing here logs through it.
    private static let logger = Logger(label: "jari.http")

    public init(source: ApplicationRequestContextSource) {
        self.init(source: source, peer: Peer.current)
    }

    init(channel: any Channel, peer: Peer) {
        self.init(source: ApplicationRequestContextSource(channel: channel, logger: Self.logger), peer: peer)
    }

    private init(source: ApplicationRequestContextSource, peer: Peer?) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
        self.peer = peer
        requestID = RequestID.next()
    }

    /// Who asks, as it is counted.
    var address: String { peer?.address ?? "unknown" }

    /// Ends the connection when the answer has had time to leave: whoever sends its request too slowly, or too much of
    /// it, is not listened to any longer.
    func closeSoon() {
        let channel = channel
        _ = channel.eventLoop.scheduleTask(in: .milliseconds(500)) { channel.close(promise: nil) }
    }

    /// The id in the path. Not a UUID means that there is no such thing.
    func id<Entity>(of _: Entity.Type = Entity.self) throws -> ID<Entity> {
        guard let id = pathID.flatMap({ ID<Entity>($0) }) else { throw Problem.notFound }
        return id
    }
}

extension Language {
    /// The best of Korean and English for an `Accept-Language` header (RFC 9110); Korean when it names neither.
    init(accepting header: String?) {
        guard let header else {
            self = .ko
            return
        }
        var best: (language: Language, quality: Double)?
        for range in header.split(separator: ",").prefix(16) {
            let parts = range.split(separator: ";")
            let tag = parts.first.map { $0.filter { $0 != " " }.lowercased() } ?? ""
            guard let language = Language(rawValue: String(tag.prefix { $0 != "-" })) else { continue }
            let quality =
                parts.dropFirst().lazy.map { $0.filter { $0 != " " } }.first { $0.hasPrefix("q=") }
                .flatMap { Double($0.dropFirst(2)) } ?? 1
            if quality > best?.quality ?? 0 { best = (language, quality) }
        }
        self = best?.language ?? .ko
    }
}

extension HTTPField.Name {
    static let contentSecurityPolicy = knownName("Content-Security-Policy")
    static let referrerPolicy = knownName("Referrer-Policy")
    static let queueToken = knownName("X-Queue-Token")
    static let requestID = knownName("X-Request-Id")
    static let idempotencyKey = knownName("Idempotency-Key")
    static let idempotencyReplayed = knownName("Idempotency-Replayed")
    static let lastEventID = knownName("Last-Event-ID")
    static let forwardedFor = knownName("X-Forwarded-For")
    static let contentTypeOptions = knownName("X-Content-Type-Options")

    static func knownName(_ name: String) -> HTTPField.Name {
        guard let known = HTTPField.Name(name) else { preconditionFailure("\(name) is not a header's name") }
        return known
    }
}
