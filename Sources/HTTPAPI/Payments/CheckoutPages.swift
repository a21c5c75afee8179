internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// The pages that a browser sees on its way to the gateway and back.
struct CheckoutPages: Sendable {
    /// The page that opens the gateway's own. Nil where the gateway has a page that browsers are sent to directly.
    let checkoutPage: String?

    /// `GET /checkout`.
    func checkout(_ request: Request, _ context: APIContext) async throws -> Response {
        guard let checkoutPage else { throw Problem.notFound }
        return .page(checkoutPage, policy: Self.gatewayPolicy)
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

    /// Toss Payments' script and pages, and nothing else.
    private static let gatewayPolicy =
        "default-src 'self'; script-src 'self' 'unsafe-inline' https://js.tosspayments.com; "
        + "style-src 'self' 'unsafe-inline'; img-src https: data:; connect-src https://*.tosspayments.com; "
        + "frame-src https://*.tosspayments.com; form-action https://*.tosspayments.com; frame-ancestors 'none'"

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
            <style>
            :root { color-scheme: light dark; font-family: system-ui, "Apple SD Gothic Neo", "Noto Sans KR", sans-serif }
            main { max-width: 34rem; margin: 12vh auto; padding: 0 1.25rem; line-height: 1.6 }
            dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; overflow-wrap: anywhere }
            dt { opacity: .65 } dd { margin: 0; font-family: ui-monospace, monospace }
            code { padding: .1rem .35rem; border-radius: .3rem; background: color-mix(in srgb, currentColor 10%, transparent) }
            </style>
            <main><h1>\(title[language])</h1><p>\(text[language])</p><dl>\(rows.joined())</dl><p><code>\(call)</code></p></main>
            """
    }
}

extension Response {
    fileprivate static func page(
        _ html: String, policy: String = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
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
