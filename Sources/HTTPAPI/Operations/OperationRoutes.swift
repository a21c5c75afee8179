internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
public import Ports
internal import ServiceLifecycle
internal import Synchronization
internal import _NIOFileSystem

/// Files that the server gives out beside the API.
public struct ServedFiles: Sendable {
    let contract: String
    let swaggerUI: String

    /// - Parameters:
    ///   - contract: Where `openapi.yml` lies.
    ///   - swaggerUI: The folder of Swagger UI's files, which `scripts/setup` fetches.
    public init(contract: String, swaggerUI: String) {
        self.contract = contract
        self.swaggerUI = swaggerUI
    }
}

/// Whether the program is ready, its figures, its contract, and a page to try every call.
public struct OperationRoutes: Sendable {
    private static let fileBytesMax = 8 * 1024 * 1024

    private let store: Probe
    private let others: [(name: StaticString, probe: Probe)]
    private let files: ServedFiles
    private let drain: Drain
    private let exposition: @Sendable () -> String

    /// - Parameters:
    ///   - others: What is looked at as well. Sales go on without them, so they do not make the program unready.
    ///   - drain: Tells when a shutdown has begun.
    ///   - exposition: All figures in Prometheus' text format.
    public init(
        store: any Store,
        others: [(name: StaticString, check: @Sendable () async throws(Fault) -> Void)] = [],
        files: ServedFiles, drain: Drain, exposition: @Sendable @escaping () -> String
    ) {
        self.drain = drain
        self.store = Probe { () throws(Fault) in try await store.check() }
        self.others = others.map { ($0.name, Probe($0.check)) }
        self.files = files
        self.exposition = exposition
    }

    /// `GET /healthz`: the process lives.
    func health(_: Request, _: APIContext) async throws -> Response {
        .json(JSONWriter.object { $0.field("status", "ok") })
    }

    /// `GET /readyz`: it can sell. A shutdown that has begun is not ready.
    func readiness(_: Request, _: APIContext) async throws -> Response {
        let names: [StaticString] = ["store"] + others.map(\.name)
        let found = await Probe.states(of: [store] + others.map(\.probe))
        let states = zip(names, found).map { (name: $0, state: $1) }
        let isReady = found[0] == "ok" && !drain.hasBegun
        let body = JSONWriter.object { json in
            json.field("status", isReady ? "ready" : "notReady")
            json.key("checks")
            json.object { json in
                for (name, state) in states {
                    json.key(name)
                    json.value(state)
                }
            }
        }
        return .json(body, status: isReady ? .ok : .serviceUnavailable)
    }

    /// `GET /metrics`.
    func metrics(_: Request, _: APIContext) async throws -> Response {
        Response(
            status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: exposition())))
    }

    /// `GET /openapi.yml`.
    func contract(_: Request, _: APIContext) async throws -> Response {
        try await file(files.contract, type: "application/yaml")
    }

    /// `GET /docs`: Swagger UI over the contract.
    func docs(_: Request, _: APIContext) async throws -> Response {
        let page = """
            <!doctype html>
            <html lang="ko">
            <head>
            <meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <title>Jari API</title>
            <link rel="stylesheet" href="/docs/assets/swagger-ui.css">
            </head>
            <body>
            <div id="api"></div>
            <noscript>JavaScript가 필요합니다. / This page needs JavaScript.</noscript>
            <script src="/docs/assets/swagger-ui-bundle.js"></script>
            <script src="/docs/assets/start.js"></script>
            </body>
            </html>
            """
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/html; charset=utf-8", .contentSecurityPolicy: Self.docsPolicy,
                .cacheControl: "no-cache",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(string: page)))
    }

    /// What `/docs` loads.
    static let docsFiles = ["start.js", "swagger-ui.css", "swagger-ui-bundle.js"]

    /// `GET /docs/assets/…`, one of ``docsFiles``.
    func docsAsset(_ name: String) async throws -> Response {
        switch name {
        case "start.js":
            let script = """
                window.ui = SwaggerUIBundle({ url: "/openapi.yml", dom_id: "#api", deepLinking: true, \
                persistAuthorization: true, tryItOutEnabled: true, validatorUrl: null });
                """
            return Response(
                status: .ok, headers: [.contentType: "text/javascript"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: script)))
        case "swagger-ui.css": return try await file(files.swaggerUI + "/swagger-ui.css", type: "text/css")
        case "swagger-ui-bundle.js":
            return try await file(files.swaggerUI + "/swagger-ui-bundle.js", type: "text/javascript")
        default: throw Problem.notFound
        }
    }

    /// Swagger UI sets styles on elements and draws its icons from data; everything else is this server's.
    private static let docsPolicy =
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"

    private func file(_ path: String, type: String) async throws -> Response {
        do {
            let bytes = try await ByteBuffer(
                contentsOf: FilePath(path), maximumSizeAllowed: .bytes(Int64(Self.fileBytesMax)))
            return Response(
                status: .ok, headers: [.contentType: type, .cacheControl: "public, max-age=60"],
                body: ResponseBody(byteBuffer: bytes))
        } catch is FileSystemError {
            // The name alone: where the server's files lie is nobody else's business.
            let name = FilePath(path).lastComponent?.string ?? ""
            throw Problem(
                .notFound, ko: "서버에 \(name) 파일이 없습니다. scripts/setup을 실행해 주세요.",
                en: "The server has no file \(name). Run scripts/setup.")
        }
    }
}
