internal import Domain
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

/// The pages that a browser sees on its way to the gateway and back.
struct CheckoutPages: Sendable {
    /// Nil where the gateway has a page that browsers are sent to directly.
    let checkoutPage: CheckoutPage?

    /// What the pages load, under `/checkout/assets`.
    static let files = ["gateway.css", "gateway.js", "pages.css"]

    /// `GET /checkout`.
    func checkout(_ request: Request, _ context: APIContext) async throws -> Response {
        guard let checkoutPage else { throw Problem.notFound }
        return .page(checkoutPage.html, policy: checkoutPage.policy)
    }

    /// `GET /checkout/assets/…`, one of ``files``.
    func asset(_ name: String) throws -> Response {
        switch name {
        case "pages.css": return .asset(Self.styles, type: "text/css; charset=utf-8")
        case "gateway.css":
            guard let checkoutPage else { throw Problem.notFound }
            return .asset(checkoutPage.styles, type: "text/css; charset=utf-8")
        default:
            guard let checkoutPage else { throw Problem.notFound }
            return .asset(checkoutPage.script, type: "text/javascript; charset=utf-8")
        }
    }

    /// `GET /checkout/success`: the card has agreed, and nothing is captured yet.
    func success(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = request.uri.queryParameters
        let values = ["orderId", "paymentKey", "amount"].map { ($0, query[Substring($0)].map { String($0) } ?? "") }
        return .page(
            Self.page(
                title: LocalizedText(ko: "거의 다 됐어요", en: "Almost there"),
                text: LocalizedText(
                    ko: "카드 인증이 끝났습니다. 아래 값으로 결제를 확인하면 티켓이 발급됩니다.",
                    en: "The card has agreed. Confirm the payment with these values to get the tickets."),
                values: values, call: "POST /api/v1/payments/{orderId}/confirm", language: request.language))
    }

    /// `GET /checkout/fail`: the card has not agreed, or the fan went back.
    func fail(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = request.uri.queryParameters
        let values = ["code", "message", "orderId"].map { ($0, query[Substring($0)].map { String($0) } ?? "") }
        return .page(
            Self.page(
                title: LocalizedText(ko: "결제가 끝나지 않았어요", en: "The payment was not made"),
                text: LocalizedText(
                    ko: "돈은 빠져나가지 않았습니다. 좌석 시간이 남아 있으면 다시 결제할 수 있습니다.",
                    en: "No money was taken. While your seats are held you can pay again."),
                values: values, call: "POST /api/v1/reservations/{id}/payments", language: request.language))
    }

    private static let styles = """
        :root { color-scheme: light dark; font-family: system-ui, "Apple SD Gothic Neo", "Noto Sans KR", sans-serif }
        main { max-width: 34rem; margin: 12vh auto; padding: 0 1.25rem; line-height: 1.6 }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; overflow-wrap: anywhere }
        dt { opacity: .65 } dd { margin: 0; font-family: ui-monospace, monospace }
        code { padding: .1rem .35rem; border-radius: .3rem; background: color-mix(in srgb, currentColor 10%, transparent) }

        """

    private static func page(
        title: LocalizedText, text: LocalizedText, values: [(String, String)], call: String, language: Language
    ) -> String {
        let rows = values.filter { !$0.1.isEmpty }.map { name, value in
            "<dt>\(name)</dt><dd>\(value.prefix(300).description.htmlEscaped)</dd>"
        }
        return """
            <!doctype html>
            <html lang="\(language.rawValue)">
            <meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(title[language]) · Jari</title>
            <link rel="stylesheet" href="/checkout/assets/pages.css">
            <main><h1>\(title[language])</h1><p>\(text[language])</p><dl>\(rows.joined())</dl><p><code>\(call)</code></p></main>
            """
    }
}

extension Response {
    fileprivate static func page(
        _ html: String,
        policy: String =
            "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
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

extension String {
    /// The text as it stands between tags.
    fileprivate var htmlEscaped: String {
        var escaped = ""
        for character in unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
