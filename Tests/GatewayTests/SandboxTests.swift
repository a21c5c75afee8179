import Domain
import Foundation
import GatewaySandbox
import GatewayToss
import Hummingbird
import Logging
import NIOHTTP1
import Ports
import TestSupport
import Testing

@Suite("The sandbox's page and controls")
struct SandboxTests {
    private static func form(_ changes: [String: String] = [:]) -> [String: String] {
        [
            "orderId": "order-1", "amount": "1000", "successUrl": "http://shop.example/ok?a=1#there",
            "failUrl": "http://shop.example/no", "cardNumber": "4242 4242 4242 4242",
        ].merging(changes) { _, new in new }
    }

    @Test("The browser goes back to where the shop said, with what the payment is called")
    func back() async throws {
        try await World.with { world in
            let answer = try await world.post("/checkout", form: Self.form(["orderName": "봄 & 여름"]))
            #expect(answer.status == 303)
            let location = try #require(answer.headers.first(name: "Location"))
            #expect(location.hasPrefix("http://shop.example/ok?a=1&paymentType=NORMAL&orderId=order-1&paymentKey="))
            #expect(location.hasSuffix("&amount=1000#there"))
        }
    }

    @Test("Whoever does not want to pay goes back without, and nothing is opened")
    func cancel() async throws {
        try await World.with { world in
            var form = Self.form(["action": "cancel"])
            form["cardNumber"] = nil
            let answer = try await world.post("/checkout", form: form)
            #expect(answer.status == 303)
            let back = try query(of: try #require(answer.headers.first(name: "Location")))
            #expect(back["code"] == "PAY_PROCESS_CANCELED" && back["orderId"] == "order-1")
            #expect(try await world.ledger().totals.payments == 0)
        }
    }

    @Test(
        "What is not a proper order is told on the page and opens nothing",
        arguments: [
            ["orderId": "short"], ["orderId": "with space"], ["orderId": String(repeating: "x", count: 65)],
            ["amount": "0"], ["amount": "-5"], ["amount": "1.5"], ["amount": "100000000001"], ["amount": "한"],
            ["successUrl": "javascript:alert(1)"], ["successUrl": "http://a\r\nSet-Cookie: b"], ["failUrl": ""],
            ["cardNumber": ""], ["cardNumber": "1234"], ["cardNumber": "4242x42424242424242"],
            ["cardNumber": String(repeating: "4", count: 20)],
        ])
    func improper(changes: [String: String]) async throws {
        try await World.with { world in
            let answer = try await world.post("/checkout", form: Self.form(changes))
            #expect(answer.status == 400 && answer.text.contains("role=\"alert\""), "\(changes)")
            #expect(try await world.ledger().totals.payments == 0)
        }
    }

    @Test("A stranger's text is shown as text, and the page loads nothing from elsewhere")
    func escaping() async throws {
        try await World.with { world in
            let evil = encoded(#""><script>alert(1)</script>&'"#)
            let page = try await world.get(
                "\(world.sandbox.address)/checkout?orderId=order-1&amount=1234567&orderName=\(evil)"
                    + "&successUrl=http%3A%2F%2Fshop.example%2F%22%3E&failUrl=http%3A%2F%2Fshop.example")
            #expect(page.status == 200)
            #expect(!page.text.contains("<script>alert") && page.text.contains("&lt;script&gt;"))
            #expect(!page.text.contains(#"shop.example/">"#))
            #expect(page.text.contains("1,234,567") && page.text.contains("4000 0000 0000 0012"))
            let policy = try #require(page.headers.first(name: "Content-Security-Policy"))
            #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
            #expect(page.headers.first(name: "Referrer-Policy") == "no-referrer")
            for file in ["/checkout.css", "/checkout.js"] {
                #expect(try await world.get(world.sandbox.address + file).status == 200)
            }
        }
    }

    @Test("Without the secret key nothing is told and nothing is done", arguments: [nil, "test_sk_wrong", ""])
    func authorization(user: String?) async throws {
        try await World.with { world in
            for (method, path) in [
                (HTTPMethod.GET, "/v1/payments/k"), (.GET, "/v1/payments/orders/o"), (.POST, "/v1/payments/confirm"),
                (.POST, "/v1/payments/k/cancel"), (.GET, "/v1/transactions"), (.GET, "/sandbox/ledger"),
                (.GET, "/sandbox/faults"), (.PUT, "/sandbox/faults"),
            ] {
                let answer = try await world.send(
                    method, world.sandbox.address + path, body: method == .GET ? nil : "declines=1", user: user)
                #expect(answer.status == 401 && answer.text.contains("UNAUTHORIZED_KEY"), "\(method) \(path)")
            }
            #expect(world.sandbox.faults == SandboxFaults())
        }
    }

    @Test("Faults are read and changed while it runs; what is not understood changes nothing")
    func control() async throws {
        try await World.with { world in
            let url = world.sandbox.address + "/sandbox/faults"
            func put(_ body: String) async throws -> World.Answer {
                try await world.send(.PUT, url, body: body, user: world.secretKey)
            }
            #expect(try await put(#"{"faults":"declines=1,seed=4"}"#).status == 200)
            let order = try await world.pay(.sample(1))
            guard case .declined = await world.gateway.capture(order) else {
                Issue.record("the card did not decline")
                return
            }
            #expect(try await put("declines=2").status == 400)
            #expect(try await put("nonsense").status == 400)
            #expect(try await world.get(url, user: world.secretKey).text.contains("declines=1.0"))
            #expect(try await put("slow=0.5\nslowSeconds=0").status == 200)
            #expect(world.sandbox.faults.declines == 0 && world.sandbox.faults.slow == 0.5)
        }
    }

    @Test("A full ledger takes no more payments and keeps what it has")
    func full() async throws {
        try await World.with(SandboxSettings(paymentCountMax: 2)) { world in
            let order = try await world.pay(.sample(1))
            _ = try await world.pay(.sample(2))
            #expect(try await world.post("/checkout", form: Self.form()).status == 503)
            #expect(await world.gateway.capture(order) == .captured(amount: Won(50_000)))
        }
    }

    @Test("An idempotency key that is too long, or was used for something else, is refused")
    func idempotencyKeys() async throws {
        try await World.with { world in
            let first = try await world.pay(.sample(1))
            let second = try await world.pay(.sample(2))
            func confirm(_ order: CaptureOrder, key: String) async throws -> World.Answer {
                let body =
                    #"{"paymentKey":"\#(order.paymentKey)","orderId":"\#(order.orderID)","amount":\#(order.amount.amount)}"#
                return try await world.send(
                    .POST, world.sandbox.address + "/v1/payments/confirm", body: body,
                    headers: ["Idempotency-Key": key], user: world.secretKey)
            }
            #expect(try await confirm(first, key: String(repeating: "k", count: 301)).status == 400)
            let answer = try await confirm(first, key: "k")
            #expect(answer.status == 200)
            #expect(try await confirm(first, key: "k").text == answer.text)
            #expect(try await confirm(second, key: "k").text.contains("INVALID_IDEMPOTENCY_KEY"))
            // The same answer as then, although some of it has gone back since.
            let refund = RefundOrder(id: .sample(1), paymentKey: first.paymentKey, amount: Won(1), reason: "")
            #expect(await world.gateway.refund(refund) == .done)
            #expect(try await confirm(first, key: "k").text == answer.text)
        }
    }

    @Test("Neither the secret key nor a card's number is in any log, fault or printed setting")
    func secrets() async throws {
        let secret = "test_sk_very-secret-7Q"
        let book = LogBook()
        let logger = Logger(label: "test") { _ in book }
        var texts: [String] = []
        try await World.with(
            SandboxSettings(secretKey: secret), faults: "hangSeconds=0.2",
            gateway: {
                $0.tryTimeoutMs = 100
                $0.timeoutMs = 300
                texts.append("\($0) \(String(reflecting: $0))")
                dump($0, to: &texts[0])
            }, logger: logger
        ) { world in
            for (index, card) in TestCard.allCases.enumerated() {
                _ = await world.gateway.capture(try await world.pay(.sample(UInt64(index)), card: card))
            }
            let wrong = TossGateway(
                settings: World.settings(world.sandbox.address, secretKey: secret + "x"), client: sharedClient,
                logger: logger)
            _ = await wrong.capture(try await world.pay(.sample(900)))
            do throws(Fault) { _ = try await wrong.payment(key: "k") } catch { texts.append("\(error)") }
            let away = TossGateway(
                settings: World.settings("http://127.0.0.1:1", secretKey: secret), client: sharedClient,
                logger: logger)
            do throws(Fault) { _ = try await away.payment(key: "k") } catch { texts.append("\(error)") }
        }
        let all = (book.lines + texts).joined(separator: "\n")
        #expect(book.lines.contains { $0.contains("does not take our requests") }, "the log was captured")
        #expect(texts.count == 3)
        #expect(!all.contains(secret))
        #expect(!all.contains(Data("\(secret):".utf8).base64EncodedString().prefix(16)))
        for card in TestCard.allCases { #expect(!all.contains(card.rawValue)) }
    }
}

@Suite("How the sandbox is told to misbehave")
struct SandboxFaultsTests {
    @Test("A text sets what it names and nothing else")
    func text() throws {
        let faults = try SandboxFaults("timeoutAfterCapture=0.1, webhookRepeat=0.05,lateSeconds=5,seed=7")
        var expected = SandboxFaults()
        expected.timeoutAfterCapture = 0.1
        expected.webhookRepeat = 0.05
        expected.lateSeconds = 5
        expected.seed = 7
        #expect(faults == expected)
        #expect(try SandboxFaults("") == SandboxFaults())
        #expect(try SandboxFaults(SandboxFaults().description) == SandboxFaults())
        #expect(try SandboxFaults(faults.description) == faults)
    }

    @Test(
        "A mistake names what is wrong",
        arguments: [
            ("declines", "declines"), ("declines=", "declines"), ("declines=1.1", "declines"),
            ("declines=nan", "declines"), ("declines=-0.1", "declines"), ("decline=0.1", "decline"),
            ("seed=-1", "seed"), ("seed=1.5", "seed"), ("lateSeconds=3601", "lateSeconds"),
            ("slow=0.1,slow=0.2", "slow"), ("declines=0.6,slow=0.6", "more than 1"),
        ])
    func mistakes(text: String, named: String) {
        let mistake = #expect(throws: SandboxFaults.Mistake.self) { try SandboxFaults(text) }
        #expect(mistake?.description.contains(named) == true)
    }
}

@Suite("Where fans pay")
struct CheckoutTests {
    @Test("The address carries the order, whatever its title")
    func address() throws {
        let checkout = TossCheckout(
            pageURL: "https://jari.example/checkout", successURL: "https://jari.example/done?lang=ko",
            failURL: "https://jari.example/failed")
        let gateway = TossGateway(
            settings: TossSettings(secretKey: "k", checkout: checkout), client: sharedClient, logger: quiet)
        let title = "아이유 & 친구들 #1 100%+"
        let url = gateway.checkoutURL(for: CheckoutOrder(orderID: .sample(1), amount: Won(120_000), title: title))
        #expect(url.hasPrefix("https://jari.example/checkout?orderId=\(PaymentID.sample(1))&amount=120000&"))
        let fields = try query(of: url)
        #expect(fields["orderName"] == title && fields["successUrl"] == checkout.successURL)
        gateway.checkout.pageURL = "https://other.example/checkout"
        let moved = gateway.checkoutURL(for: CheckoutOrder(orderID: .sample(1), amount: Won(1), title: "t"))
        #expect(moved.hasPrefix("https://other.example/checkout?"))
    }

    @Test("Toss' page carries the client key and opens card payments only")
    func page() {
        let html = TossCheckoutPage.html(
            clientKey: "test_ck_AbC-1", scriptPath: "/own/page.js", stylesPath: "/own/page.css")
        let script = TossCheckoutPage.script
        #expect(html.contains(#"data-client-key="test_ck_AbC-1""#) && script.contains(#"method: "CARD""#))
        #expect(html.contains("https://js.tosspayments.com/v2/standard") && script.contains("location.origin"))
        // Nothing stands in the page that its policy would have to allow to anyone.
        #expect(html.contains(#"<script src="/own/page.js">"#) && html.contains(#"href="/own/page.css""#))
        #expect(!html.contains("<style") && !html.contains("style=") && !html.contains("<script>"))
        #expect(!TossCheckoutPage.contentSecurityPolicy.contains("unsafe"))
    }
}
