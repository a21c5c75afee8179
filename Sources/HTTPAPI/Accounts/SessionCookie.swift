internal import HTTPTypes
internal import Hummingbird

/// Where a browser keeps the refresh token of the pages: out of reach of scripts, and sent to the calls of sessions only.
///
/// `SameSite=Strict` keeps it from what other sites send, and the header that ``Hummingbird/Request/isOfPages`` asks for
/// cannot be sent by another site's page or form at all, where a browser does not know `SameSite`.
struct SessionCookie: Sendable {
    private static let name = "jari_session"
    private static let path = "/api/v1/sessions"

    /// Whether fans reach the pages by HTTPS. By plain HTTP, as on a developer's machine, a browser would not keep it.
    let isSecure: Bool

    private var attributes: String { "Path=\(Self.path); HttpOnly; SameSite=Strict" + (isSecure ? "; Secure" : "") }

    /// The value of `Set-Cookie` that keeps a token.
    func holding(_ token: String, seconds: Int) -> String {
        "\(Self.name)=\(token); Max-Age=\(seconds); \(attributes)"
    }

    /// The value of `Set-Cookie` that forgets it.
    var cleared: String { "\(Self.name)=; Max-Age=0; \(attributes)" }

    /// The token that a request brings. A text that comes twice is none: nobody knows which is whose.
    func read(_ request: Request) -> String? {
        let found = request.headers[values: .cookie].flatMap { $0.split(separator: ";") }.compactMap {
            pair -> String? in
            let parts = pair.drop { $0 == " " }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return parts.count == 2 && parts[0] == Self.name ? String(parts[1]) : nil
        }
        return found.count == 1 ? found[0] : nil
    }
}

extension Request {
    /// Whether the pages ask. Only they get and bring the refresh token in a cookie.
    var isOfPages: Bool { headers[.client] == "pages" }
}

extension HTTPField.Name {
    fileprivate static let client = knownName("X-Jari-Client")
}
