internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// The page on which a fan pays with a card, and what its form does.
struct CheckoutRoutes: Sendable {
    private static let formByteCountMax = 64 * 1024

    let bank: Bank

    func add(to router: Router<BasicRequestContext>) {
        router.get("checkout") { request, _ in
            guard let order = form(request.uri.query ?? "") else {
                return page(CheckoutPage.problem(.unreadable), status: .badRequest)
            }
            do throws(CheckoutForm.Mistake) {
                return page(CheckoutPage.form(try order.checked(), mistake: nil), status: .ok)
            } catch {
                return page(CheckoutPage.problem(error), status: .badRequest)
            }
        }
        router.post("checkout") { request, _ in try await submit(request) }
        router.get("checkout.css") { _, _ in file(CheckoutPage.styles, type: "text/css; charset=utf-8") }
        router.get("checkout.js") { _, _ in file(CheckoutPage.script, type: "text/javascript; charset=utf-8") }
    }

    /// Opens the payment and sends the browser back with its key; or back without, when the fan does not want to.
    private func submit(_ request: Request) async throws -> Response {
        let bytes = try await request.body.collect(upTo: Self.formByteCountMax)
        guard let form = form(String(buffer: bytes)) else {
            return page(CheckoutPage.problem(.unreadable), status: .badRequest)
        }
        let order: CheckoutForm.Order
        do throws(CheckoutForm.Mistake) { order = try form.checked() } catch {
            return page(CheckoutPage.problem(error), status: .badRequest)
        }
        if form.action == "cancel" {
            return redirect(
                to: order.failURL,
                with: [
                    ("code", "PAY_PROCESS_CANCELED"), ("message", "결제를 취소했습니다."), ("orderId", order.orderID),
                ])
        }
        let card: (TestCard, lastDigits: String)
        do throws(CheckoutForm.Mistake) { card = try form.card() } catch {
            return page(CheckoutPage.form(order, mistake: error), status: .badRequest)
        }
        do {
            let payment = try await bank.open(
                orderID: order.orderID, orderName: order.title, amount: order.amount, card: card.0,
                lastDigits: card.lastDigits)
            return redirect(
                to: order.successURL,
                with: [
                    ("paymentType", "NORMAL"), ("orderId", payment.orderID), ("paymentKey", payment.paymentKey),
                    ("amount", String(payment.amount)),
                ])
        } catch is SandboxError {
            return page(CheckoutPage.problem(.full), status: .serviceUnavailable)
        }
    }

    /// Reads a query or a form, in which a space may be a plus sign.
    private func form(_ text: String) -> CheckoutForm? {
        try? URLEncodedFormDecoder().decode(CheckoutForm.self, from: text)
    }

    private func redirect(to url: String, with fields: [(String, String)]) -> Response {
        let parts = url.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let query = fields.map { "\($0)=\(percentEncoded($1))" }.joined(separator: "&")
        let separator = parts[0].contains("?") ? "&" : "?"
        let fragment = parts.count > 1 ? "#\(parts[1])" : ""
        return Response(status: .seeOther, headers: [.location: "\(parts[0])\(separator)\(query)\(fragment)"])
    }

    private func page(_ html: String, status: HTTPResponse.Status) -> Response {
        Response(
            status: status,
            headers: [
                .contentType: "text/html; charset=utf-8", .cacheControl: "no-store",
                .known("Referrer-Policy"): "no-referrer", .xContentTypeOptions: "nosniff",
                // A form's target is checked again when it redirects, here to the shop.
                .contentSecurityPolicy:
                    "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self' http: https:; "
                    + "base-uri 'none'; frame-ancestors 'none'",
            ],
            body: .init(byteBuffer: ByteBuffer(string: html)))
    }

    private func file(_ text: String, type: String) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: type, .cacheControl: "max-age=60", .xContentTypeOptions: "nosniff"],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}

/// The text with every byte encoded that has, or could have, a meaning in an address.
private func percentEncoded(_ text: String) -> String {
    var encoded = ""
    for byte in text.utf8 {
        let character = Character(UnicodeScalar(byte))
        if character.isASCII && (character.isLetter || character.isNumber || "-_.~".contains(character)) {
            encoded.append(character)
        } else {
            encoded += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
    }
    return encoded
}
