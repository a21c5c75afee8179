import Domain
import GatewaySandbox
import GatewayToss
import Ports
import Synchronization
import TestSupport
import Testing

@testable import Engine

@Suite("Letting a payment go, and differences that last")
struct LettingGoTests {
    @Test("A payment is not let go while the gateway cannot be asked")
    func away() async throws {
        try await CardWorld.run { world in
            let order = try await world.begun()
            world.clock.advance(milliseconds: 6_000)
            await world.sandbox.stop()
            await #expect(throws: Fault.self) { _ = try await world.letGo(order) }
            #expect(try await world.payment(order).status == .unknown)
        }
    }

    @Test("A payment of which the gateway knows that it is paid is paid, and not let go")
    func paid() async throws {
        try await CardWorld.run { world in
            let order = try await world.begun()
            #expect(await world.gateway.capture(order) == .captured(amount: order.amount))
            world.clock.advance(milliseconds: 6_000)
            #expect(try await world.letGo(order).refusal == .wrongState)
            #expect(try await world.payment(order).status == .captured)
        }
    }

    @Test("A payment that the gateway may still capture is not let go, and neither is one that somebody asks about")
    func open() async throws {
        try await CardWorld.run { world in
            let order = try await world.begun()
            let until = try await world.payment(order).tryAt
            #expect(try await world.letGo(order).refusal == .paymentUnderWay(until: #require(until)))
            world.clock.advance(milliseconds: 6_000)
            let now = world.clock.now()
            #expect(try await world.letGo(order).refusal == .paymentUnderWay(until: now))
            #expect(try await world.payment(order).status == .unknown)
        }
    }

    @Test("A difference that was told of counts as long as it exists, also when it is older than what is compared")
    func lasting() async throws {
        try await CardWorld.run { world in
            let order = try await world.captured()
            let elsewhere = RefundOrder(
                id: .sample(77), paymentKey: order.paymentKey, amount: Won(30_000), reason: "by hand")
            #expect(await world.gateway.refund(elsewhere) == .done)
            world.clock.advance(milliseconds: 60_000)
            let reconciler = world.reconciler()
            var day = Reconciler.Comparison(.day)
            func compare(after seconds: Int64) async throws -> Int {
                world.clock.advance(milliseconds: seconds * 1_000)
                day.nextAt = nil
                try await reconciler.compare(&day, at: world.clock.now())
                return reconciler.told.withLock { $0.count }
            }
            #expect(try await compare(after: 0) == 0)
            #expect(try await compare(after: 61) == 1)
            #expect(try await compare(after: 2 * 86_400) == 1, "nobody has given the money back")
            #expect(try await world.events(.ledgerDiffers).count == 1)
            // Now the books say the same: staff refunded the fan here, too.
            _ = await world.world.refund(order.orderID, of: world.fan)
            try await reconciler.giveBack()
            #expect(try await compare(after: 3_600) == 0)
        }
    }

    @Test("A payment that cannot be read is told of as a difference, and keeps no other from being told of")
    func unreadable() async throws {
        try await CardWorld.run { world in
            let poisoned = try await world.agreed(seat: 0)
            #expect(await world.gateway.capture(poisoned) == .captured(amount: poisoned.amount))
            let order = try await world.captured(seat: 1)
            let elsewhere = RefundOrder(
                id: .sample(77), paymentKey: order.paymentKey, amount: Won(1_000), reason: "by hand")
            #expect(await world.gateway.refund(elsewhere) == .done)
            world.clock.advance(milliseconds: 100_000)
            let gateway = BentGateway(
                base: world.gateway,
                read: { _, found throws(Fault) in
                    guard found?.paymentKey != poisoned.paymentKey else {
                        throw Fault(.broken, attempt: "read a payment", reason: "it is no payment")
                    }
                    return found
                })
            let reconciler = world.reconciler(reading: gateway)
            var comparison = Reconciler.Comparison(.recent)
            for _ in 0..<3 {
                try await reconciler.compare(&comparison, at: world.clock.now())
                world.clock.advance(milliseconds: 40_000)
            }
            let told = try await world.events(.ledgerDiffers).map(\.subjectID)
            #expect(Set(told) == [ID(poisoned.orderID), ID(order.orderID)] && told.count == 2)
        }
    }
}
