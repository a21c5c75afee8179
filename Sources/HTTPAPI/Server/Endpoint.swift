internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import Metrics
internal import NIOHTTP1
internal import Ports

/// One method of one path: turns errors into problems, and counts.
final class Endpoint: Sendable {
    let method: HTTPRequest.Method
    /// As `openapi.yml` writes it: `/api/v1/dates/{id}`.
    let path: String
    /// Whether its answer goes on for as long as the client listens.
    let isStream: Bool
    /// Whether every path below is its, too.
    let coversSubtree: Bool
    private let segments: [Substring]
    private let logger: Logger
    private let handler: @Sendable (Request, APIContext) async throws -> Response
    private let seconds: Timer
    private let outcomes: StatusCounters

    init(
        method: HTTPRequest.Method, path: String, isStream: Bool = false, coversSubtree: Bool = false, logger: Logger,
        handler: @Sendable @escaping (Request, APIContext) async throws -> Response
    ) {
        self.method = method
        self.path = path
        self.isStream = isStream
        self.coversSubtree = coversSubtree
        self.logger = logger
        self.handler = handler
        segments = path.split(separator: "/")
        let route = [("method", method.rawValue), ("route", path)]
        seconds = Timer(label: "jari_http_request_seconds", dimensions: route)
        outcomes = StatusCounters(route: route)
    }

    func respond(to request: Request, _ context: APIContext) async -> Response {
        let clock = ContinuousClock()
        let start = clock.now
        var response: Response
        do {
            response = try await handler(request, context)
        } catch {
            let problem = problem(for: error, context)
            response = .problem(problem, language: request.language)
            if problem.code == .requestTimeout || problem.code == .bodyTooLarge || error is HTTPParserError {
                response.headers[.connection] = "close"
                context.closeSoon()
            }
        }
        response.headers[.requestID] = context.requestID
        response.headers[.contentTypeOptions] = "nosniff"
        let (elapsed, fraction) = (clock.now - start).components
        seconds.recordNanoseconds(elapsed * 1_000_000_000 + fraction / 1_000_000_000)
        outcomes.count(response.status.code)
        return response
    }

    /// Answers a request that no route takes.
    func refuse(_ request: Request, _ context: APIContext, with problem: () -> Problem) -> Response {
        complete(Response.problem(problem(), language: request.language), context)
    }

    /// Gives an answer that no handler made what every answer has.
    func complete(_ made: Response, _ context: APIContext) -> Response {
        var response = made
        response.headers[.requestID] = context.requestID
        response.headers[.contentTypeOptions] = "nosniff"
        outcomes.count(response.status.code)
        return response
    }

    /// Whether a path is this endpoint's, whatever the method.
    func matches(_ path: String) -> Bool {
        let parts = path.split(separator: "/")
        return (coversSubtree ? parts.count >= segments.count : parts.count == segments.count)
            && zip(parts, segments).allSatisfy { part, segment in segment.hasPrefix("{") || part == segment }
    }

    private func problem(for error: any Error, _ context: APIContext) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let fault as Fault:
            logger.error("a request met a fault", metadata: ["fault": "\(fault)", "request": "\(context.requestID)"])
            return Problem(fault)
        case let malformed as HTTPParserError: return Problem(malformed)
        case is CancellationError: return .overloaded
        default:
            logger.error("a request failed", metadata: ["error": "\(error)", "request": "\(context.requestID)"])
            return .internalError
        }
    }
}

/// How often a route answered with each class of status.
private struct StatusCounters: Sendable {
    private let counters: [Counter]

    init(route: [(String, String)]) {
        counters = (1...5).map {
            Counter(label: "jari_http_requests_total", dimensions: route + [("status", "\($0)xx")])
        }
    }

    func count(_ status: Int) {
        counters[min(max(status / 100, 1), 5) - 1].increment()
    }
}
