/// The page's text: Korean first, English below it. It works without its script, which only fills in test cards.
enum CheckoutPage {
    static func form(_ order: CheckoutForm.Order, mistake: CheckoutForm.Mistake?) -> String {
        let hidden = [
            ("orderId", order.orderID), ("amount", String(order.amount)), ("orderName", order.title),
            ("successUrl", order.successURL), ("failUrl", order.failURL),
        ].map { #"<input type="hidden" name="\#($0)" value="\#(escaped($1))">"# }.joined(separator: "\n")
        let cards = TestCard.allCases.map { card in
            """
            <li><button type="button" class="test-card" data-number="\(card.grouped)">
            <span class="number">\(card.grouped)</span>
            <span class="meaning">\(card.meaning.ko) <span lang="en">\(card.meaning.en)</span></span>
            </button></li>
            """
        }.joined(separator: "\n")
        let alert = mistake.map { #"<p class="alert" role="alert">\#(text(of: $0))</p>"# } ?? ""
        return page(
            title: "카드 결제",
            body: """
                <section class="order">
                <p class="amount">\(grouped(order.amount))<span>원</span></p>
                <dl>
                <div><dt>상품 <span lang="en">Order</span></dt><dd>\(escaped(order.title))</dd></div>
                <div><dt>주문 번호 <span lang="en">Order number</span></dt>\
                <dd class="number">\(escaped(order.orderID))</dd></div>
                </dl>
                </section>
                <form method="post" action="/checkout">
                \(hidden)
                \(alert)
                <label for="cardNumber">카드 번호 <span lang="en">Card number</span></label>
                <input id="cardNumber" name="cardNumber" class="number" inputmode="numeric" autocomplete="off" required
                 maxlength="23" value="\(TestCard.good.grouped)" pattern="[0-9 \\-]{13,23}" autofocus>
                <button class="pay" name="action" value="pay">\(grouped(order.amount))원 결제하기
                <span lang="en">Pay ₩\(grouped(order.amount))</span></button>
                <button class="cancel" name="action" value="cancel" formnovalidate>취소
                <span lang="en">Cancel</span></button>
                </form>
                <details open>
                <summary>테스트 카드 <span lang="en">Test cards</span></summary>
                <ul>
                \(cards)
                </ul>
                </details>
                """)
    }

    static func problem(_ mistake: CheckoutForm.Mistake) -> String {
        page(title: "결제할 수 없습니다", body: #"<p class="alert" role="alert">\#(text(of: mistake))</p>"#)
    }

    private static func text(of mistake: CheckoutForm.Mistake) -> String {
        let (ko, en) =
            switch mistake {
            case .unreadable: ("보낸 내용을 읽을 수 없습니다.", "What was sent cannot be read.")
            case .order: ("주문 번호가 없거나 올바르지 않습니다.", "There is no proper order number.")
            case .amount: ("결제 금액이 없거나 올바르지 않습니다.", "There is no proper amount.")
            case .addresses: ("돌아갈 주소가 없거나 올바르지 않습니다.", "There is no proper address to go back to.")
            case .cardNumber: ("카드 번호는 숫자 13~19자리입니다.", "A card number has 13 to 19 digits.")
            case .full: ("샌드박스가 더 받을 수 없습니다.", "The sandbox takes no more payments.")
            }
        return #"\#(ko) <span lang="en">\#(en)</span>"#
    }

    private static func page(title: String, body: String) -> String {
        """
        <!doctype html>
        <html lang="ko">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="robots" content="noindex">
        <title>\(title) · 자리 샌드박스</title>
        <link rel="stylesheet" href="/checkout.css">
        <script src="/checkout.js" defer></script>
        </head>
        <body>
        <main>
        <header>
        <p class="badge">샌드박스 <span lang="en">Sandbox</span></p>
        <h1>\(title)</h1>
        <p class="note">실제 돈은 움직이지 않습니다. <span lang="en">No money is moved here.</span></p>
        </header>
        \(body)
        </main>
        </body>
        </html>
        """
    }

    /// 1234567 as 1,234,567.
    private static func grouped(_ amount: Int64) -> String {
        var text = ""
        for (index, digit) in String(amount).reversed().enumerated() {
            if index > 0 && index % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return String(text.reversed())
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
