import Domain
import GatewaySandbox
import GatewayToss
import NIOHTTP1
import Ports
import TestSupport
import Testing

@Suite("Capturing over the sandbox")
struct CaptureTests {
    @Test("A good card pays once, and pays once also when it is asked again")
    func good() async throws {
        try await World.with { world in
            let order = try await world.pay(.sample(1))
            #expect(try await world.gateway.payment(key: order.paymentKey)?.status == .open)
            #expect(await world.gateway.capture(order) == .captured(amount: Won(50_000)))
            #expect(await world.gateway.capture(order) == .captured(amount: Won(50_000)))
            let payment = try #require(try await world.gateway.payment(orderID: order.orderID))
            #expect(payment.status == .captured && payment.refunded == .zero && payment.orderID == order.orderID)
            let totals = try await world.ledger().totals
            #expect(totals.captured == 50_000 && totals.captureCountMax == 1)
        }
    }

    @Test("Twenty copies of a capture at once capture once and all learn of it")
    func copies() async throws {
        try await World.with { world in
            let order = try await world.pay(.sample(1), card: .slow)
            world.sandbox.faults = try SandboxFaults("slowSeconds=0.2")
            let results = await withTaskGroup(of: CaptureResult.self) { group in
                for _ in 0..<20 { group.addTask { await world.gateway.capture(order) } }
                return await group.reduce(into: [CaptureResult]()) { $0.append($1) }
            }
            #expect(results == Array(repeating: .captured(amount: Won(50_000)), count: 20))
            #expect(try await world.ledger().totals.captureCountMax == 1)
        }
    }

    @Test(
        "A card that declines gives its code, also when it is asked again",
        arguments: [
            (TestCard.rejectedByCompany, "REJECT_CARD_COMPANY"), (.overLimit, "REJECT_CARD_PAYMENT"),
            (.stopped, "INVALID_STOPPED_CARD"), (.expired, "INVALID_CARD_EXPIRATION"),
            (.lostOrStolen, "INVALID_CARD_LOST_OR_STOLEN"),
        ])
    func declines(card: TestCard, code: String) async throws {
        try await World.with { world in
            let order = try await world.pay(.sample(1), card: card)
            #expect(await world.gateway.capture(order) == .declined(code: code))
            #expect(await world.gateway.capture(order) == .declined(code: code))
            #expect(try await world.gateway.payment(key: order.paymentKey)?.status == .over(code: code))
            #expect(try await world.ledger().totals.captured == 0)
        }
    }

    @Test("A payment that is over is declined also for whoever the sandbox does not know by the idempotency key")
    func declinedAnew() async throws {
        try await World.with { world in
            let order = try await world.pay(.sample(1), card: .stopped)
            let body = #"{"paymentKey":"\#(order.paymentKey)","orderId":"\#(order.orderID)","amount":50000}"#
            let direct = try await world.send(
                .POST, world.sandbox.address + "/v1/payments/confirm", body: body, user: world.secretKey)
            #expect(direct.status == 400)
            #expect(await world.gateway.capture(order) == .declined(code: "INVALID_STOPPED_CARD"))
        }
    }

    @Test("A card that has declined once is not asked again, although it would pay by now")
    func declinedForGood() async throws {
        try await World.with(faults: "declines=1") { world in
            let order = try await world.pay(.sample(1))
            let body = #"{"paymentKey":"\#(order.paymentKey)","orderId":"\#(order.orderID)","amount":50000}"#
            let url = world.sandbox.address + "/v1/payments/confirm"
            let first = try await world.send(.POST, url, body: body, user: world.secretKey)
            #expect((400..<404).contains(first.status))
            world.sandbox.faults = SandboxFaults()
            let second = try await world.send(.POST, url, body: body, user: world.secretKey)
            #expect(second.text.contains("ALREADY_PROCESSED_PAYMENT"))
            #expect(try await world.ledger().totals.captured == 0)
        }
    }

    @Test("A slow answer is waited for")
    func slow() async throws {
        try await World.with(faults: "slowSeconds=0.3") { world in
            let order = try await world.pay(.sample(1), card: .slow)
            #expect(await world.gateway.capture(order) == .captured(amount: Won(50_000)))
        }
    }

    @Test("No answer after the capture is unknown; the payment is read as captured, and asked again it was one capture")
    func timeoutAfter() async throws {
        try await World.with(
            faults: "hangSeconds=4",
            gateway: {
                $0.tryTimeoutMs = 700
                $0.timeoutMs = 1_500
            }
        ) { world in
            let order = try await world.pay(.sample(1), card: .timeoutAfterCapture)
            let started = ContinuousClock.now
            #expect(await world.gateway.capture(order) == .unknown)
            #expect(ContinuousClock.now - started < .milliseconds(3_500), "it is given up while nobody answers")
            #expect(try await world.patient.payment(key: order.paymentKey)?.status == .captured)
            #expect(try await world.patient.payment(orderID: order.orderID)?.status == .captured)
            let isKnown = await eventually { await world.patient.capture(order) == .captured(amount: Won(50_000)) }
            #expect(isKnown)
            #expect(try await world.ledger().totals.captureCountMax == 1)
        }
    }

    @Test("Whoever has less time than the driver's own time-out is answered within it, and after it nothing is sent")
    func soonerDeadline() async throws {
        try await World.with(faults: "hangSeconds=60", gateway: { $0.tryTimeoutMs = 4_000 }) { world in
            let order = try await world.pay(.sample(1), card: .timeoutAfterCapture)
            let started = ContinuousClock.now
            #expect(await world.gateway.capture(order, until: started + .milliseconds(2_100)) == .unknown)
            // A try of its own would take four seconds, all of them together twenty.
            #expect(ContinuousClock.now - started < .milliseconds(3_900))
            let other = try await world.pay(.sample(2))
            #expect(await world.gateway.capture(other, until: started) == .notSent)
            await #expect(throws: Fault.self) {
                try await world.gateway.payment(key: other.paymentKey, until: started)
            }
            #expect(try await world.gateway.payment(orderID: other.orderID)?.status == .open, "it was not sent")
        }
    }

    @Test("No answer before the capture is unknown, and the payment stays open until it expires")
    func timeoutBefore() async throws {
        try await World.with(
            faults: "hangSeconds=60",
            gateway: {
                $0.tryTimeoutMs = 300
                $0.timeoutMs = 800
            }
        ) { world in
            let order = try await world.pay(.sample(1), card: .timeoutBeforeCapture)
            #expect(await world.gateway.capture(order) == .unknown)
            #expect(try await world.patient.payment(key: order.paymentKey)?.status == .open)
            world.clock.advance(milliseconds: 10 * 60_000)
            #expect(try await world.patient.payment(key: order.paymentKey)?.status == .over(code: "EXPIRED"))
        }
    }

    @Test("A 500 after the capture is overcome by asking again with the same key")
    func errorAfter() async throws {
        try await World.with { world in
            let order = try await world.pay(.sample(1), card: .errorAfterCapture)
            #expect(await world.gateway.capture(order) == .captured(amount: Won(50_000)))
            #expect(try await world.ledger().totals.captureCountMax == 1)
        }
    }

    @Test("A 500 before the capture is unknown and never a decline")
    func errorBefore() async throws {
        try await World.with { world in
            let order = try await world.pay(.sample(1), card: .errorBeforeCapture)
            #expect(await world.gateway.capture(order) == .unknown)
            #expect(try await world.gateway.payment(key: order.paymentKey)?.status == .open)
        }
    }

    @Test("A wrong amount, a foreign order and an unknown key are a wrong key, and the right call still captures")
    func wrongKeys() async throws {
        try await World.with { world in
            let order = try await world.pay(.sample(1))
            let other = try await world.pay(.sample(2), 70_000)
            func result(_ id: PaymentID, _ key: String, _ amount: Int64) async -> CaptureResult {
                await world.gateway.capture(CaptureOrder(orderID: id, paymentKey: key, amount: Won(amount)))
            }
            #expect(await result(.sample(1), order.paymentKey, 49_999) == .wrongKey)
            #expect(await result(.sample(1), other.paymentKey, 50_000) == .wrongKey)
            #expect(await result(.sample(1), other.paymentKey, 70_000) == .wrongKey)
            #expect(await result(.sample(3), order.paymentKey, 50_000) == .wrongKey)
            #expect(await result(.sample(1), "sandbox_nobody", 50_000) == .wrongKey)
            for key in ["", "..", "a b", "a\r\nHost: b", String(repeating: "k", count: 201)] {
                #expect(await result(.sample(1), key, 50_000) == .wrongKey)
                #expect(try await world.gateway.payment(key: key) == nil)
            }
            #expect(try await world.ledger().totals.captured == 0)
            #expect(await world.gateway.capture(order) == .captured(amount: Won(50_000)))
            #expect(await world.gateway.capture(other) == .captured(amount: Won(70_000)))
        }
    }

    @Test("A key that somebody sent with an order of theirs before still works for its owner")
    func stolenKey() async throws {
        try await World.with { world in
            let order = try await world.pay(.sample(1))
            let thief = CaptureOrder(orderID: .sample(9), paymentKey: order.paymentKey, amount: order.amount)
            #expect(await world.gateway.capture(thief) == .wrongKey)
            #expect(await world.gateway.capture(order) == .captured(amount: Won(50_000)))
            #expect(await world.gateway.capture(thief) == .wrongKey)
        }
    }

    @Test("A captured order takes no second key")
    func secondKey() async throws {
        try await World.with { world in
            let first = try await world.pay(.sample(1))
            let second = try await world.pay(.sample(1))
            #expect(await world.gateway.capture(first) == .captured(amount: Won(50_000)))
            #expect(await world.gateway.capture(second) == .wrongKey)
            #expect(try await world.gateway.payment(orderID: .sample(1))?.paymentKey == first.paymentKey)
            #expect(try await world.ledger().totals.captured == 50_000)
        }
    }

    @Test("A payment that nobody captured within ten minutes is over")
    func expiry() async throws {
        try await World.with { world in
            let order = try await world.pay(.sample(1))
            world.clock.advance(milliseconds: 10 * 60_000 - 1)
            #expect(try await world.gateway.payment(key: order.paymentKey)?.status == .open)
            world.clock.advance(milliseconds: 1)
            #expect(await world.gateway.capture(order) == .declined(code: "EXPIRED"))
        }
    }

    @Test("Less than a card can pay is declined")
    func minimum() async throws {
        try await World.with { world in
            let order = try await world.pay(.sample(1), 99)
            #expect(await world.gateway.capture(order) == .declined(code: "BELOW_MINIMUM_AMOUNT"))
        }
    }

    @Test("With a key that the gateway does not take, a capture is unknown and reading fails")
    func ourMistake() async throws {
        try await World.with { world in
            let order = try await world.pay(.sample(1))
            let stranger = TossGateway(
                settings: World.settings(world.sandbox.address, secretKey: "test_sk_wrong"), client: sharedClient,
                logger: quiet)
            #expect(await stranger.capture(order) == .unknown)
            let fault = await #expect(throws: Fault.self) { try await stranger.payment(key: order.paymentKey) }
            #expect(fault?.code == .broken)
            #expect(await world.gateway.capture(order) == .captured(amount: Won(50_000)))
        }
    }

    @Test("What the gateway does not know is nil, not a fault")
    func unknownPayments() async throws {
        try await World.with { (world) async throws in
            #expect(try await world.gateway.payment(key: "sandbox_nobody") == nil)
            #expect(try await world.gateway.payment(orderID: .sample(1)) == nil)
        }
    }

    @Test("Chance misbehaves as often as it is told, the same for the same seed, and never captures twice")
    func chance() async throws {
        func outcomes(seed: Int) async throws -> [CaptureResult] {
            var results: [CaptureResult] = []
            try await World.with(faults: "declines=0.2,errorAfterCapture=0.3,errorBeforeCapture=0.2,seed=\(seed)") {
                world in
                for number in 0..<60 {
                    results.append(await world.gateway.capture(try await world.pay(.sample(UInt64(number)))))
                }
                let ledger = try await world.ledger()
                #expect(ledger.totals.captureCountMax == 1)
                let captured = results.filter { $0 == .captured(amount: Won(50_000)) }.count
                #expect(ledger.totals.captured == Int64(captured) * 50_000)
            }
            return results
        }
        let first = try await outcomes(seed: 7)
        #expect(first.contains(.captured(amount: Won(50_000))))
        #expect(first.contains { if case .declined = $0 { true } else { false } })
        #expect(try await outcomes(seed: 7) == first)
    }
}
