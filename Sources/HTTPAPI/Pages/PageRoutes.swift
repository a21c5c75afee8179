internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// The fan's pages and the staff console: two shells, and the files that they load. What is shown on which path the
/// pages decide by themselves; everything in them comes through the public API.
struct PageRoutes: Sendable {
    /// Paths that show the fan's shell.
    static let fanPaths = [
        "/", "/concerts/{id}", "/dates/{id}", "/reservations/{id}", "/tickets/{id}", "/my", "/login", "/register",
        "/checkout/success", "/checkout/fail",
    ]
    static let staffPath = "/staff"
    static let assetsPath = "/assets"

    /// Nil where the folder could not be read: the API sells without pages.
    let files: WebFiles?

    /// `GET /`, and every path of the fan's pages.
    func fan(_ request: Request, _: APIContext) async throws -> Response {
        try shell(\.fanShell, request, policies: .fan)
    }

    /// `GET /staff`, and whatever is below. Who is no staff sees a login and nothing else: the API refuses the rest.
    func staff(_ request: Request, _: APIContext) async throws -> Response {
        try shell(\.staffShell, request, policies: .staff)
    }

    /// A path that nobody has, asked for by somebody who reads pages. Nil for anyone else.
    func missing(_ request: Request) -> Response? {
        guard let files, request.method == .get || request.method == .head,
            !request.uri.path.hasPrefix("/api/"), request.headers[.accept]?.contains("text/html") == true
        else { return nil }
        var response = answer(files.fanShell, request, cache: "no-store", etag: nil)
        response.status = .notFound
        response.headers.add(policies: .fan)
        return response
    }

    /// `GET /assets/{version}/{path}`. Of another version than this one's there is only this one to give: while two run
    /// side by side, a page of one may ask the other. It must not be kept then.
    func asset(_ request: Request, _: APIContext) async throws -> Response {
        guard let files else { throw Self.noPages }
        let rest = request.uri.path.dropFirst(Self.assetsPath.count + 1)
        guard let slash = rest.firstIndex(of: "/"), let file = files.file(rest[rest.index(after: slash)...]) else {
            throw Problem.notFound
        }
        let isOurs = rest[..<slash] == files.version
        var response = answer(
            file, request, cache: isOurs ? "public, max-age=31536000, immutable" : "no-store", etag: nil)
        response.headers[.crossOriginResourcePolicy] = "same-origin"
        return response
    }

    private func shell(_ shell: KeyPath<WebFiles, WebFile>, _ request: Request, policies: PagePolicies) throws
        -> Response
    {
        guard let files else { throw Self.noPages }
        var response = answer(files[keyPath: shell], request, cache: "no-cache", etag: files.version)
        response.headers.add(policies: policies)
        return response
    }

    private func answer(_ file: WebFile, _ request: Request, cache: String, etag: String?) -> Response {
        let compressed = request.acceptsGzip ? file.compressed : nil
        var headers = HTTPFields()
        headers.reserveCapacity(12)
        headers[.contentType] = file.type.rawValue
        headers[.cacheControl] = cache
        headers[.vary] = "Accept-Encoding"
        if let etag {
            headers[.eTag] = compressed == nil ? "\"\(etag)\"" : "\"\(etag)-gz\""
            // Both stand for the same page, and either is good.
            if let known = request.headers[.ifNoneMatch],
                known.contains("\"\(etag)\"") || known.contains("\"\(etag)-gz\"")
            {
                return Response(status: .notModified, headers: headers)
            }
        }
        if compressed != nil { headers[.contentEncoding] = "gzip" }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: compressed ?? file.plain))
    }

    private static let noPages = Problem(
        .notFound, ko: "이 서버에는 화면 파일이 없습니다. JARI_FILES가 Web 폴더가 있는 곳을 가리키는지 확인해 주세요.",
        en: "This server has no pages. Check that JARI_FILES names the folder that Web lies in.")
}

/// What a page may do, as its browser is told.
struct PagePolicies {
    /// Everything is this server's; nothing is inline, so that text which got into a page is never run.
    private static let content =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        + "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

    static let fan = PagePolicies(permissions: "camera=(), microphone=(), geolocation=(), payment=(), usb=()")
    /// The door scans tickets.
    static let staff = PagePolicies(permissions: "camera=(self), microphone=(), geolocation=(), payment=(), usb=()")

    let permissions: String

    fileprivate var fields: [(HTTPField.Name, String)] {
        [
            (.contentSecurityPolicy, Self.content), (.permissionsPolicy, permissions),
            // The gateway puts its key of a payment into the address that it comes back to.
            (.referrerPolicy, "no-referrer"), (.crossOriginOpenerPolicy, "same-origin"),
            (.crossOriginResourcePolicy, "same-origin"),
        ]
    }
}

extension HTTPFields {
    fileprivate mutating func add(policies: PagePolicies) {
        for (name, value) in policies.fields { self[name] = value }
    }
}

extension HTTPField.Name {
    fileprivate static let permissionsPolicy = knownName("Permissions-Policy")
    fileprivate static let crossOriginOpenerPolicy = knownName("Cross-Origin-Opener-Policy")
    fileprivate static let crossOriginResourcePolicy = knownName("Cross-Origin-Resource-Policy")
}
