internal import HTTPTypes
internal import Hummingbird
internal import Logging

/// Answers every request: finds its endpoint by one look-up, since a path has at most one parameter and that is an id.
/// A trie that takes any pattern costs more than most of our answers.
struct APIResponder: HTTPResponder {
    private let endpointsByPath: [String: [Endpoint]]
    private let endpoints: [Endpoint]
    /// Those that have every path below theirs. Looked at last: no call of the API is among them.
    private let subtrees: [Endpoint]
    private let nowhere: Endpoint
    private let pages: PageRoutes
    /// How the paths of streams end.
    private let streamEndings: [[UInt8]]
    private let limits: RateLimits
    private let peers: PeerBook

    init(endpoints: [Endpoint], pages: PageRoutes, limits: RateLimits, peers: PeerBook, logger: Logger) {
        self.endpoints = endpoints
        self.limits = limits
        self.peers = peers
        self.pages = pages
        subtrees = endpoints.filter(\.coversSubtree)
        endpointsByPath = Dictionary(grouping: endpoints, by: \.path)
        streamEndings = endpoints.filter(\.isStream).map {
            Array($0.path.utf8.reversed().prefix { $0 != UInt8(ascii: "/") }.reversed())
        }
        nowhere = Endpoint(method: .get, path: "unknown", logger: logger) { _, _ in throw Problem.notFound }
    }

    /// `HEAD` is answered like `GET` where there is one, and never has a body: what follows its head would be read as
    /// the next answer.
    func respond(to request: Request, context: APIContext) async -> Response {
        if let proxy = context.peer, proxy.isProxy {
            let client = peers.client(of: proxy, headers: request.headers)
            var context = context
            context.peer = client
            return await answer(request, context)
        }
        return await answer(request, context)
    }

    /// Whether a request may be answered by ``DirectAnswers``: its answer is no stream, and the connection stays.
    func answersDirectly(_ head: HTTPRequest) -> Bool {
        switch head.headerFields[.connection] {
        case nil, "keep-alive", "Keep-Alive": break
        default: return false
        }
        guard var path = head.path?.utf8[...] else { return false }
        if let query = path.firstIndex(of: UInt8(ascii: "?")) { path = path[..<query] }
        if path.last == UInt8(ascii: "/") { path.removeLast() }
        return !streamEndings.contains { path.suffix($0.count).elementsEqual($0) }
    }

    private func answer(_ request: Request, _ context: APIContext) async -> Response {
        let isHead = request.method == .head
        var context = context
        let response: Response
        if limits.isOn, let waitMs = context.peer?.take(limits.call) {
            response = nowhere.refuse(request, context) { .tooManyRequests(retryAfterMs: waitMs) }
        } else if let endpoint = endpoint(request.uri.path, isHead ? .get : request.method, &context) {
            response = await endpoint.respond(to: request, context)
        } else {
            response = refuse(request, context)
        }
        return isHead ? response.createHeadResponse() : response
    }

    private func endpoint(_ path: String, _ method: HTTPRequest.Method, _ context: inout APIContext) -> Endpoint? {
        if let fixed = endpointsByPath[path] { return fixed.first { $0.method == method } }
        let pattern = PathPattern(path)
        context.pathID = pattern.id
        if let known = endpointsByPath[pattern.pattern] { return known.first { $0.method == method } }
        return subtrees.first { $0.method == method && $0.matches(path) }
    }

    /// No endpoint: either nobody knows the path, or it knows other methods only.
    private func refuse(_ request: Request, _ context: APIContext) -> Response {
        let path = request.uri.path
        let known = endpoints.filter { $0.matches(path) }.map(\.method)
        let methods = (known.contains(.get) ? [.head] + known : known)
        // A reader who mistyped an address gets a page that says so.
        if methods.isEmpty || methods.contains(request.method), let page = pages.missing(request) {
            return nowhere.complete(page, context)
        }
        return nowhere.refuse(request, context) {
            // Where the method is known, the id in the path was none.
            guard !methods.isEmpty, !methods.contains(request.method) else { return .notFound }
            let list = methods.map(\.rawValue).joined(separator: ", ")
            var problem = Problem(
                .methodNotAllowed, ko: "이 주소에서는 \(list)만 쓸 수 있습니다.", en: "This path knows only \(list).")
            problem.allow = list
            return problem
        }
    }
}

/// A path with its id taken out: `/api/v1/dates/{id}/seats` and the id.
struct PathPattern {
    private static let idLength = 36

    let pattern: String
    /// As it stood in the path. Whether it is a UUID is for whoever reads it to say.
    let id: Substring?

    /// Takes out the first part of the path that is as long as a UUID. A slash at the end does not count.
    init(_ path: String) {
        var start = path.startIndex
        while start < path.endIndex {
            let end = path[start...].utf8.firstIndex(of: UInt8(ascii: "/")) ?? path.endIndex
            if path.utf8.distance(from: start, to: end) == Self.idLength {
                id = path[start..<end]
                pattern = Self.trimmed(path[..<start] + "{id}" + path[end...])
                return
            }
            start = end < path.endIndex ? path.utf8.index(after: end) : end
        }
        id = nil
        pattern = Self.trimmed(path)
    }

    private static func trimmed(_ path: some StringProtocol) -> String {
        path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : String(path)
    }
}
