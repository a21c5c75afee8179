import Domain
import Foundation
import GatewaySandbox
import GatewayToss
import NIOHTTP1
import Ports
import TestSupport
import Testing

@Suite("Refunding over the sandbox")
struct RefundTests {
    /// A captured payment of 50,000 won.
    private func captured(_ world: World, _ number: UInt64 = 1, card: TestCard = .good) async throws -> CaptureOrder {
        let order = try await world.pay(.sample(number), card: card)
        try #require(await world.patient.capture(order) == .captured(amount: Won(50_000)))
        return order
    }

    private func refund(_ number: UInt64, of order: CaptureOrder, _ amount: Int64) -> RefundOrder {
        RefundOrder(id: .sample(number), paymentKey: order.paymentKey, amount: Won(amount), reason: "관객 변심")
    }

    @Test("Parts and the rest go back, each once however often it is asked for")
    func parts() async throws {
        try await World.with { world in
            let order = try await captured(world)
            for _ in 0..<3 { #expect(await world.gateway.refund(refund(1, of: order, 20_000)) == .done) }
            #expect(try await world.gateway.payment(key: order.paymentKey)?.refunded == Won(20_000))
            for _ in 0..<3 { #expect(await world.gateway.refund(refund(2, of: order, 30_000)) == .done) }
            #expect(await world.gateway.refund(refund(1, of: order, 20_000)) == .done)
            let payment = try #require(try await world.gateway.payment(key: order.paymentKey))
            #expect(payment.refunded == Won(50_000) && payment.status == .captured)
            let entry = try #require(try await world.ledger().payments.first)
            #expect(entry.refunded == 50_000 && entry.status == "CANCELED" && entry.captureCount == 1)
        }
    }

    @Test("Copies of a refund at once give the money back once")
    func copies() async throws {
        try await World.with { world in
            let order = try await captured(world)
            let results = await withTaskGroup(of: RefundResult.self) { group in
                for _ in 0..<20 { group.addTask { await world.gateway.refund(refund(1, of: order, 20_000)) } }
                return await group.reduce(into: [RefundResult]()) { $0.append($1) }
            }
            #expect(results == Array(repeating: .done, count: 20))
            #expect(try await world.ledger().totals.refunded == 20_000)
        }
    }

    @Test("More than is left, and what was never captured, is refused with a code")
    func refused() async throws {
        try await World.with { world in
            let order = try await captured(world)
            #expect(await world.gateway.refund(refund(1, of: order, 20_000)) == .done)
            #expect(
                await world.gateway.refund(refund(2, of: order, 30_001)) == .refused(code: "NOT_CANCELABLE_AMOUNT"))
            #expect(await world.gateway.refund(refund(3, of: order, 30_000)) == .done)
            #expect(
                await world.gateway.refund(refund(4, of: order, 1_000)) == .refused(code: "ALREADY_CANCELED_PAYMENT"))
            let open = try await world.pay(.sample(2))
            #expect(
                await world.gateway.refund(refund(5, of: open, 1_000)) == .refused(code: "NOT_CANCELABLE_PAYMENT"))
            let nobody = RefundOrder(id: .sample(6), paymentKey: "sandbox_nobody", amount: Won(1), reason: "")
            #expect(await world.gateway.refund(nobody) == .refused(code: "NOT_FOUND_PAYMENT"))
            #expect(try await world.ledger().totals.refunded == 50_000)
        }
    }

    @Test("A card that never gives money back refuses")
    func refusing() async throws {
        try await World.with { world in
            let order = try await captured(world, card: .refundRefused)
            #expect(
                await world.gateway.refund(refund(1, of: order, 50_000)) == .refused(code: "NOT_CANCELABLE_PAYMENT"))
        }
    }

    @Test("When no answer comes after the money went back, the payment itself says that it did")
    func timeout() async throws {
        try await World.with(
            faults: "hangSeconds=60",
            gateway: {
                $0.tryTimeoutMs = 700
                $0.timeoutMs = 1_500
            }
        ) { world in
            let order = try await captured(world, card: .refundTimeoutAfter)
            // On a busy machine the time may not do for looking.
            #expect([.done, .unknown].contains(await world.gateway.refund(refund(1, of: order, 20_000))))
            // The first request is still without an answer, so this is not its answer either.
            #expect(await world.patient.refund(refund(1, of: order, 20_000)) == .done)
            #expect(try await world.ledger().totals.refunded == 20_000)
        }
    }

    @Test("A gateway that fails before the money goes back, or is away, leaves it unknown")
    func failing() async throws {
        try await World.with(faults: "refundErrorBefore=1") { world in
            let order = try await captured(world)
            #expect(await world.gateway.refund(refund(1, of: order, 20_000)) == .unknown)
            #expect(try await world.ledger().totals.refunded == 0)
            await world.sandbox.stop()
            #expect(await world.gateway.refund(refund(1, of: order, 20_000)) == .unknown)
        }
    }

    @Test(
        "A refund whose idempotency key Toss has forgotten is known by its mark, and another of that amount is not it")
    func forgotten() async throws {
        try await World.with { world in
            let order = try await captured(world)
            let lost = refund(1, of: order, 50_000)
            // What Toss has when it did this refund 15 days ago: the cancellation, and no key.
            let answer = try await world.send(
                .POST, world.sandbox.address + "/v1/payments/\(order.paymentKey)/cancel",
                body: #"{"cancelReason":"관객 변심 (\#(lost.id))","cancelAmount":50000}"#, user: world.secretKey)
            try #require(answer.status == 200, "\(answer.text)")
            #expect(await world.gateway.refund(lost) == .done)
            #expect(
                await world.gateway.refund(refund(2, of: order, 50_000)) == .refused(code: "ALREADY_CANCELED_PAYMENT"))
            #expect(try await world.ledger().totals.refunded == 50_000)
        }
    }

    @Test("A reason may be of any length and writing")
    func reasons() async throws {
        try await World.with { world in
            let order = try await captured(world)
            let reason = String(repeating: "‘\"\\\n공연 취소 🎟️", count: 100)
            let long = RefundOrder(id: .sample(1), paymentKey: order.paymentKey, amount: Won(1_000), reason: reason)
            #expect(await world.gateway.refund(long) == .done)
        }
    }

    @Test("Chance: money goes back once each, whatever happens to the answers")
    func chance() async throws {
        try await World.with(
            faults: "refundTimeoutAfter=0.2,refundErrorBefore=0.2,hangSeconds=0.3,seed=3",
            gateway: {
                $0.tryTimeoutMs = 150
                $0.timeoutMs = 2_000
                $0.failureCountMax = 1_000
            }
        ) { world in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        let order = try await captured(world, UInt64(number))
                        let isDone = await eventually {
                            await world.gateway.refund(refund(UInt64(number), of: order, 30_000)) == .done
                        }
                        #expect(isDone)
                    }
                }
                try await group.waitForAll()
            }
            let totals = try await world.ledger().totals
            #expect(totals.refunded == 20 * 30_000 && totals.captured == 20 * 50_000 && totals.captureCountMax == 1)
        }
    }
}
