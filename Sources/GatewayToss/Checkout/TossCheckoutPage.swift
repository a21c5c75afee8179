/// The page that opens Toss Payments' own, with a public client key. It takes the query that
/// ``TossGateway/checkoutURL(for:)`` writes.
///
/// What the query says is a stranger's word: a changed amount is found out when the payment is confirmed, and an
/// address outside this site is not gone to.
public enum TossCheckoutPage {
    /// What the page may load: its own files, Toss' script, and whatever that opens in frames and calls.
    public static let contentSecurityPolicy =
        "default-src 'none'; script-src 'self' https://js.tosspayments.com https://*.tosspayments.com; "
        + "style-src 'self'; connect-src https://*.tosspayments.com; frame-src https://*.tosspayments.com; "
        + "img-src https://*.tosspayments.com data:; form-action https://*.tosspayments.com; base-uri 'none'; "
        + "frame-ancestors 'none'"

    /// - Parameters:
    ///   - clientKey: Toss' key for pages: `test_ck_…` or `live_ck_…`. It is no secret.
    ///   - scriptPath: Where ``script`` is.
    ///   - stylesPath: Where ``styles`` are.
    /// - Precondition: The key consists of letters, digits, `_` and `-`.
    public static func html(clientKey: String, scriptPath: String, stylesPath: String) -> String {
        precondition(
            clientKey.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }, "a client key of Toss has letters, digits, '_' and '-' only")
        return """
            <!doctype html>
            <html lang="ko">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="robots" content="noindex">
            <title>결제</title>
            <link rel="stylesheet" href="\(stylesPath)">
            <script src="https://js.tosspayments.com/v2/standard"></script>
            </head>
            <body>
            <main data-client-key="\(clientKey)">
            <p id="text" role="status">결제창을 여는 중입니다.</p>
            <button id="again" type="button">다시 시도</button>
            </main>
            <script src="\(scriptPath)"></script>
            </body>
            </html>
            """
    }

    public static let styles = """
        :root { color-scheme: light dark; --ground: #f2f4f7; --text: #16191f; --accent: #2452d6; --on-accent: #fff; }
        @media (prefers-color-scheme: dark) {
          :root { --ground: #0f1115; --text: #eef1f6; --accent: #7ea2ff; --on-accent: #0c1430; }
        }
        body { margin: 0; min-height: 100vh; display: grid; place-items: center; text-align: center;
          background: var(--ground); color: var(--text);
          font: 1.05rem/1.5 system-ui, -apple-system, "Apple SD Gothic Neo", "Malgun Gothic", sans-serif; }
        main { padding: 1.5rem; max-width: 26rem; word-break: keep-all; }
        button { display: none; min-height: 3.25rem; padding: 0 1.5rem; border: 0; border-radius: .7rem;
          font: inherit; font-weight: 600; cursor: pointer; background: var(--accent); color: var(--on-accent); }
        button:focus-visible { outline: 3px solid currentColor; outline-offset: 2px; }

        """

    public static let script = """
        "use strict";
        const english = !navigator.language.toLowerCase().startsWith("ko");
        const words = english
          ? { title: "Payment", opening: "Opening the payment window.", again: "Try again",
              bad: "This link is not complete. Please start again from your reservation.",
              failed: "The payment window could not be opened." }
          : { title: "결제", opening: "결제창을 여는 중입니다.", again: "다시 시도",
              bad: "주소가 올바르지 않습니다. 예매 화면에서 다시 시작해 주세요.",
              failed: "결제창을 열지 못했습니다." };
        const clientKey = document.querySelector("main").dataset.clientKey;
        const text = document.getElementById("text");
        const again = document.getElementById("again");
        document.documentElement.lang = english ? "en" : "ko";
        document.title = words.title;
        text.textContent = words.opening;
        again.textContent = words.again;

        const query = new URLSearchParams(location.search);
        function own(name) {
          try {
            const url = new URL(query.get(name) ?? "", location.href);
            return query.get(name) && url.origin === location.origin ? url.href : null;
          } catch {
            return null;
          }
        }
        const amount = Number(query.get("amount"));
        const order = {
          orderId: query.get("orderId"), orderName: query.get("orderName"),
          successUrl: own("successUrl"), failUrl: own("failUrl"),
        };

        async function open() {
          again.style.display = "none";
          text.textContent = words.opening;
          try {
            const payment = TossPayments(clientKey).payment({ customerKey: TossPayments.ANONYMOUS });
            await payment.requestPayment({
              method: "CARD", amount: { currency: "KRW", value: amount }, ...order,
              card: { useEscrow: false, flowMode: "DEFAULT", useCardPoint: false, useAppCardOnly: false },
            });
          } catch (error) {
            if (error?.code === "USER_CANCEL" && order.failUrl) {
              const back = new URL(order.failUrl);
              back.searchParams.set("code", "PAY_PROCESS_CANCELED");
              back.searchParams.set("orderId", order.orderId);
              location.replace(back);
              return;
            }
            text.textContent = words.failed;
            again.style.display = "inline-block";
          }
        }

        if (Number.isSafeInteger(amount) && amount > 0 && Object.values(order).every(Boolean)) {
          again.addEventListener("click", open);
          open();
        } else {
          text.textContent = words.bad;
        }

        """
}
