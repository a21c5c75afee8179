import Domain
import Foundation
import GatewaySandbox
import GatewayToss
import Ports
import TestSupport
import Testing

@testable import Engine

/// Against the sandbox, which is a real server with a ledger of its own.
@Suite("The reconciler")
struct ReconcilerTests {
    @Test("A capture whose answer nobody waited for is found, and its tickets are issued")
    func lostAnswer() async throws {
        try await CardWorld.run { world in
            let order = try await world.begun()
            // The gateway did it; the program was killed before it heard so.
            #expect(await world.gateway.capture(order) == .captured(amount: order.amount))
            let reconciler = world.reconciler()
            try await reconciler.settleUnknown()
            #expect(try await world.payment(order).status == .unknown, "somebody may still be asking")
            world.clock.advance(milliseconds: 6_000)
            try await reconciler.settleUnknown()
            let payment = try await world.payment(order)
            #expect(payment.status == .captured)
            #expect(try await world.world.store.tickets(of: #require(payment.reservationID)).count == 1)
        }
    }

    @Test("A capture that never got there is made again while the seat is held")
    func neverArrived() async throws {
        try await CardWorld.run { world in
            let order = try await world.begun()
            world.clock.advance(milliseconds: 6_000)
            try await world.reconciler().settleUnknown()
            #expect(try await world.payment(order).status == .captured)
            #expect(try await world.gateway.payment(key: order.paymentKey)?.status == .captured)
        }
    }

    @Test("A capture that never got there is not made for seats that are gone")
    func tooLateToCapture() async throws {
        try await CardWorld.run { world in
            let order = try await world.begun(points: 0)
            world.clock.advance(milliseconds: 120_000)
            let reservation = try #require(try await world.payment(order).reservationID)
            _ = await world.world.submit(.expire(ExpireHold(reservationID: reservation, ownerID: world.fan)))
            try await world.reconciler().settleUnknown()
            let payment = try await world.payment(order)
            #expect((payment.status, payment.declineCode) == (.declined, DeclineCode.expired))
            #expect(try await world.gateway.payment(key: order.paymentKey)?.status == .open)
        }
    }

    @Test("While the gateway is away nothing is decided")
    func away() async throws {
        try await CardWorld.run { world in
            let order = try await world.begun()
            world.clock.advance(milliseconds: 6_000)
            await world.sandbox.stop()
            await #expect(throws: Fault.self) {
                try await world.reconciler().settleUnknown()
            }
            let payment = try await world.payment(order)
            #expect(payment.status == .unknown && payment.tryCount == 0)
            // The next to ask need not wait until this one would have given up.
            #expect(payment.claim == nil && payment.tryAt == world.clock.now().adding(milliseconds: 1_500))
        }
    }

    @Test("A key that nobody knows leaves the payment to the right one, also when the order's own was aborted")
    func foreignKey() async throws {
        try await CardWorld.run { world in
            let order = try await world.agreed()
            let begin = BeginCapture(
                userID: world.fan, paymentID: order.orderID, paymentKey: "made-up", amount: nil,
                policy: CardWorld.policy, claim: .sample(1), tryMs: 5_000)
            _ = await world.world.engine.outcome(of: .beginCapture(begin))
            world.clock.advance(milliseconds: 6_000)
            try await world.reconciler().settleUnknown()
            let payment = try await world.payment(order)
            #expect((payment.status, payment.gatewayKey) == (.requested, nil))
        }
    }

    @Test("A payment that cannot be settled keeps neither others nor refunds back")
    func poison() async throws {
        try await CardWorld.run { world in
            let stuck = try await world.begun(seat: 0)
            let other = try await world.begun(seat: 1)
            #expect(await world.gateway.capture(other) == .captured(amount: other.amount))
            world.clock.advance(milliseconds: 6_000)
            let reconciler = world.reconciler(reading: BentGateway.poisoned(world.gateway, key: stuck.paymentKey))
            await #expect(throws: Fault.self) { try await reconciler.settleUnknown() }
            #expect(try await world.payment(other).status == .captured)
            #expect(try await world.payment(stuck).status == .unknown)
            // It is not the first in the next round either.
            #expect(try await world.world.store.unknownPayments(limit: 10).isEmpty)
        }
    }

    @Test("Money is given back once, however many reconcilers ask for it")
    func refundOnce() async throws {
        try await CardWorld.run(World.Plan(engineCount: 3)) { world in
            let order = try await world.captured()
            _ = await world.world.refund(order.orderID, of: world.fan)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for engine in 0..<3 {
                    let reconciler = world.reconciler(at: engine)
                    group.addTask { try await reconciler.giveBack() }
                }
                try await group.waitForAll()
            }
            let found = try #require(try await world.gateway.payment(key: order.paymentKey))
            #expect(found.refunded == order.amount)
            #expect(try await world.world.store.refunds(of: order.orderID).map(\.status) == [.done])
        }
    }

    @Test("A capture that we were never told of is found by comparing the ledgers")
    func missedCapture() async throws {
        try await CardWorld.run { world in
            let order = try await world.agreed()
            #expect(await world.gateway.capture(order) == .captured(amount: order.amount))
            world.clock.advance(milliseconds: 200_000)
            var comparison = Reconciler.Comparison(.recent)
            try await world.reconciler().compare(&comparison, at: world.clock.now())
            #expect(try await world.payment(order).status == .captured)
            #expect(try await world.events(.ledgerDiffers).isEmpty)
        }
    }

    @Test("A difference of two hours ago is told of, though only the comparison of a whole day sees it")
    func oldDifference() async throws {
        try await CardWorld.run { world in
            let order = try await world.captured()
            let elsewhere = RefundOrder(
                id: .sample(78), paymentKey: order.paymentKey, amount: Won(1_000), reason: "by hand")
            #expect(await world.gateway.refund(elsewhere) == .done)
            world.clock.advance(milliseconds: 7_200_000)
            let reconciler = world.reconciler()
            var comparison = Reconciler.Comparison(.day)
            for _ in 0..<8 {
                try await reconciler.compare(&comparison, at: world.clock.now())
                world.clock.advance(milliseconds: 31_000)
            }
            #expect(try await world.events(.ledgerDiffers).map(\.subjectID) == [ID(order.orderID)])
        }
    }

    @Test("Money that came and went back at the gateway before we knew of it buys nothing")
    func cameAndWent() async throws {
        try await CardWorld.run { world in
            let order = try await world.begun()
            #expect(await world.gateway.capture(order) == .captured(amount: order.amount))
            let elsewhere = RefundOrder(
                id: .sample(79), paymentKey: order.paymentKey, amount: order.amount, reason: "by hand")
            #expect(await world.gateway.refund(elsewhere) == .done)
            world.clock.advance(milliseconds: 6_000)
            try await world.reconciler().settleUnknown()
            let payment = try await world.payment(order)
            #expect((payment.status, payment.declineCode) == (.declined, DeclineCode.givenBack))
            #expect(try await world.world.store.tickets(of: #require(payment.reservationID)).isEmpty)
            world.clock.advance(milliseconds: 200_000)
            var comparison = Reconciler.Comparison(.recent)
            for _ in 0..<4 {
                try await world.reconciler().compare(&comparison, at: world.clock.now())
                world.clock.advance(milliseconds: 40_000)
            }
            #expect(try await world.payment(order).status == .declined)
            #expect(try await world.events(.ledgerDiffers).isEmpty)
        }
    }

    @Test("What was captured and given back while the ledgers were compared is no difference")
    func underWay() async throws {
        try await CardWorld.run { world in
            let reconciler = world.reconciler()
            var comparison = Reconciler.Comparison(.recent)
            let slow = try await world.agreed(seat: 1)
            let order = try await world.captured(seat: 0)
            for step in 0..<8 {
                world.clock.advance(milliseconds: 31_000)
                try await reconciler.compare(&comparison, at: world.clock.now())
                if step == 0 {
                    // A fan who took some time on the gateway's page.
                    _ = await world.desk.confirm(
                        slow.orderID, of: world.fan, paymentKey: slow.paymentKey, amount: nil,
                        idempotency: .sample(99), encode: Receipt.encode)
                }
                if step == 2 {
                    _ = await world.world.refund(order.orderID, of: world.fan)
                    try await reconciler.giveBack()
                }
            }
            #expect(try await world.payment(slow).status == .captured)
            #expect(try await world.payment(order).status == .refunded)
            #expect(try await world.events(.ledgerDiffers).isEmpty)
        }
    }

    @Test("Money that was given back in the gateway's own console is told of, once")
    func givenBackElsewhere() async throws {
        try await CardWorld.run { world in
            let order = try await world.captured()
            let elsewhere = RefundOrder(
                id: .sample(77), paymentKey: order.paymentKey, amount: Won(30_000), reason: "by hand")
            #expect(await world.gateway.refund(elsewhere) == .done)
            world.clock.advance(milliseconds: 200_000)
            let reconciler = world.reconciler()
            var comparison = Reconciler.Comparison(.recent)
            for round in 0..<5 {
                try await reconciler.compare(&comparison, at: world.clock.now())
                let count = try await world.events(.ledgerDiffers).count
                // What differs for a moment only is not told of.
                #expect(count == (round < 2 ? 0 : 1))
                world.clock.advance(milliseconds: 40_000)
            }
            let events = try await world.events(.ledgerDiffers)
            #expect(events.map(\.subjectID) == [ID(order.orderID)])
            #expect(events.first?.amount == Won(30_000))
        }
    }
}
