internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// The page that a browser sees on its way to the gateway. The ones on its way back are among the fan's pages.
struct CheckoutPages: Sendable {
    /// The page that opens the gateway's own. Nil where the gateway has a page that browsers are sent to directly.
    let checkoutPage: String?

    /// `GET /checkout`.
    func checkout(_ request: Request, _ context: APIContext) async throws -> Response {
        guard let checkoutPage else { throw Problem.notFound }
        return .page(checkoutPage, policy: Self.gatewayPolicy)
    }

    /// Toss Payments' script and pages, and nothing else.
    private static let gatewayPolicy =
        "default-src 'self'; script-src 'self' 'unsafe-inline' https://js.tosspayments.com; "
        + "style-src 'self' 'unsafe-inline'; img-src https: data:; connect-src https://*.tosspayments.com; "
        + "frame-src https://*.tosspayments.com; form-action https://*.tosspayments.com; frame-ancestors 'none'"
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
}
