internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// A page of ours that opens the gateway's own, with what it loads from us: the files ``scriptPath`` and ``stylesPath``.
/// Neither stands in the page itself, so that its policy need not allow that to anyone.
public struct CheckoutPage: Sendable {
    public static let scriptPath = "/checkout/assets/gateway.js"
    public static let stylesPath = "/checkout/assets/gateway.css"

    let html: String
    let script: String
    let styles: String
    /// The value of `Content-Security-Policy`.
    let policy: String

    public init(html: String, script: String, styles: String, policy: String) {
        self.html = html
        self.script = script
        self.styles = styles
        self.policy = policy
    }
}

/// The page that a browser sees on its way to the gateway. The ones on its way back are among the fan's pages.
struct CheckoutPages: Sendable {
    /// Nil where the gateway has a page that browsers are sent to directly.
    let checkoutPage: CheckoutPage?

    /// What the page loads, under `/checkout/assets`.
    static let files = ["gateway.css", "gateway.js"]

    /// `GET /checkout`.
    func checkout(_ request: Request, _ context: APIContext) async throws -> Response {
        guard let checkoutPage else { throw Problem.notFound }
        return .page(checkoutPage.html, policy: checkoutPage.policy)
    }

    /// `GET /checkout/assets/…`, one of ``files``.
    func asset(_ name: String) throws -> Response {
        guard let checkoutPage else { throw Problem.notFound }
        return name == "gateway.css"
            ? .asset(checkoutPage.styles, type: "text/css; charset=utf-8")
            : .asset(checkoutPage.script, type: "text/javascript; charset=utf-8")
    }
}

extension Response {
    fileprivate static func page(
        _ html: String, policy: String
    ) -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: "text/html; charset=utf-8", .contentSecurityPolicy: policy, .cacheControl: "no-store",
                // A payment key in the address is nobody else's business.
                .referrerPolicy: "no-referrer",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
    }

    fileprivate static func asset(_ text: String, type: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: type, .cacheControl: "no-cache", .xContentTypeOptions: "nosniff"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
