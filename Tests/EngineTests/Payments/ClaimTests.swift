import Domain
import GatewayToss
import Ports
import TestSupport
import Testing

@testable import Engine

@Suite("Asking the gateway under a claim")
struct PaymentClaimTests {
    @Test("All calls of one asking end before its claim does")
    func bounded() async throws {
        try await CardWorld.run { world in
            _ = try await world.begun()
            world.clock.advance(milliseconds: 6_000)
            let gateway = BentGateway(base: world.gateway, captures: .unknown)
            let before = ContinuousClock.now
            try await world.reconciler(reading: gateway, tryMs: 5_000).settleUnknown()
            let after = ContinuousClock.now
            #expect(gateway.notes.all.map(\.name) == ["payment", "order", "capture"])
            let deadlines = try gateway.notes.all.map { try #require($0.deadline) }
            #expect(Set(deadlines).count == 1, "what the first takes, the others have less")
            // The claim is one of 5 s, a second of which is for storing what was said.
            #expect(before + .seconds(4) <= deadlines[0] && deadlines[0] <= after + .seconds(4))
        }
    }

    @Test("However long the gateway may take, a claim has the time for all of its calls")
    func longTimeout() async throws {
        try await CardWorld.run { world in
            _ = try await world.begun()
            world.clock.advance(milliseconds: 6_000)
            let gateway = BentGateway(base: world.gateway)
            let before = ContinuousClock.now
            // As of JARI_GATEWAY_TIMEOUT_MS=60000, with 20 s for a try of each of the three.
            try await world.reconciler(reading: gateway, tryMs: 62_000).settleUnknown()
            #expect(gateway.notes.all.map(\.name) == ["payment", "order", "capture"])
            #expect(try gateway.notes.all.allSatisfy { try #require($0.deadline) >= before + .seconds(60) })
        }
    }

    @Test("A capture that is not sent, however often, ends no payment")
    func notSent() async throws {
        try await CardWorld.run { world in
            let order = try await world.begun()
            let gateway = BentGateway(base: world.gateway, captures: .notSent)
            for _ in 0..<4 {
                world.clock.advance(milliseconds: 20_000)
                try await world.reconciler(reading: gateway).settleUnknown()
                let payment = try await world.payment(order)
                // Of the seats the time has run out, and the payment ends for that.
                guard payment.status == .unknown else { break }
                #expect((payment.claim, payment.tryCount) == (nil, 0))
            }
            #expect(gateway.notes.count("capture") >= 2)
            #expect(try await world.payment(order).declineCode != DeclineCode.noAnswer)
        }
    }

    @Test("A fan's own confirmation ends before its claim does, too")
    func boundedConfirmation() async throws {
        try await CardWorld.run { world in
            let order = try await world.agreed()
            let gateway = BentGateway(base: world.gateway, captures: .captured(amount: order.amount))
            let before = ContinuousClock.now
            let answer = await world.desk(asking: gateway, tryMs: 5_000).confirm(
                order.orderID, of: world.fan, paymentKey: order.paymentKey, amount: nil, idempotency: .sample(1),
                encode: Receipt.encode)
            guard case .done = answer else { throw CardWorld.Surprise(what: "\(answer)") }
            #expect(gateway.notes.all.map(\.name) == ["capture"])
            let deadline = try #require(gateway.notes.all.first?.deadline)
            #expect(before + .seconds(4) <= deadline && deadline <= .now + .seconds(4))
        }
    }

    @Test("A claim whose commit had an outcome that nobody knew is the asker's own", arguments: [false, true])
    func unknownCommit(isConfirmation: Bool) async throws {
        let store = Slot<FaultyStore>()
        let plan = World.Plan(intercept: { store.fill(with: FaultyStore($0, [])) })
        try await CardWorld.run(plan) { world in
            let order: CaptureOrder
            if isConfirmation {
                order = try await world.agreed()
                store.value?.inject([.unknownAfterCommit])
                _ = await world.desk.confirm(
                    order.orderID, of: world.fan, paymentKey: order.paymentKey, amount: nil, idempotency: .sample(1),
                    encode: Receipt.encode)
            } else {
                order = try await world.begun()
                world.clock.advance(milliseconds: 6_000)
                store.value?.inject([.unknownAfterCommit])
                try await world.reconciler().settleUnknown()
            }
            #expect(try await world.payment(order).status == .captured)
        }
    }

    @Test("A payment whose amount is another at the gateway can be let go by staff at once, and stays a difference")
    func otherAmount() async throws {
        try await CardWorld.run { world in
            let order = try await world.begun()
            #expect(await world.gateway.capture(order) == .captured(amount: order.amount))
            world.clock.advance(milliseconds: 6_000)
            let gateway = BentGateway(
                base: world.gateway,
                read: { _, found in
                    found.map {
                        GatewayPayment(
                            paymentKey: $0.paymentKey, orderID: $0.orderID, status: $0.status,
                            amount: $0.amount + Won(1), refunded: $0.refunded)
                    }
                })
            try await world.reconciler(reading: gateway).settleUnknown()
            let payment = try await world.payment(order)
            #expect(payment.status == .unknown && payment.claim == nil)
            guard case .done = try await world.letGo(order, asking: gateway) else {
                throw CardWorld.Surprise(what: "staff were refused")
            }
            #expect(try await world.payment(order).declineCode == DeclineCode.letGo)
            let reconciler = world.reconciler(reading: gateway)
            var comparison = Reconciler.Comparison(.recent)
            for _ in 0..<4 {
                try await reconciler.compare(&comparison, at: world.clock.now())
                world.clock.advance(milliseconds: 40_000)
            }
            #expect(try await world.payment(order).status == .declined, "the other amount is not believed")
            #expect(try await world.events(.ledgerDiffers).map(\.subjectID) == [ID(order.orderID)])
        }
    }

    @Test(
        "A capture is not made again for a date that was cancelled, but for one that has begun",
        arguments: [false, true])
    func saleOver(hasBegun: Bool) async throws {
        try await CardWorld.run { world in
            let order = try await world.begun()
            world.clock.advance(milliseconds: 6_000)
            let now = world.clock.now()
            _ = try await world.world.store.change(world.world.date) { date in
                var changed = date
                if hasBegun { changed.startsAt = now } else { changed.isCancelled = true }
                let event = Event(
                    id: .sample(555), kind: .dateChanged, subjectID: ID(date.id), version: 1, dateID: date.id,
                    userID: nil, amount: .zero, seats: [], at: now)
                return CatalogChange(changed, event: event, action: nil)
            }
            try await world.reconciler().settleUnknown()
            let payment = try await world.payment(order)
            let atGateway = try await world.gateway.payment(key: order.paymentKey)?.status
            if hasBegun {
                // The fan began to pay in time.
                #expect((payment.status, atGateway) == (.captured, .captured))
            } else {
                #expect((payment.status, payment.declineCode) == (.declined, DeclineCode.saleOver))
                #expect(atGateway == .open)
            }
        }
    }

    @Test("Charges that nobody comes back to pay end when a checkout would, some at a time")
    func charges() async throws {
        try await CardWorld.run { world in
            var charges: [PaymentID] = []
            for amount in 1...3 {
                let request = RequestCharge(userID: world.fan, amount: Won(Int64(amount) * 1_000))
                guard
                    case .success(.paymentRequested(let made, _)) = await world.world.engine.outcome(
                        of: .requestCharge(request))
                else { throw CardWorld.Surprise(what: "no charge") }
                charges.append(made.id)
                world.clock.advance(milliseconds: 1_000)
            }
            let reconciler = world.reconciler()
            world.clock.advance(milliseconds: Int64(CardWorld.policy.checkoutCapSeconds) * 1_000 - 3_000)
            try await reconciler.expireCharges()
            func codes() async throws -> [String?] { try await world.world.store.payments(charges).map(\.declineCode) }
            #expect(try await codes() == [DeclineCode.expired, nil, nil])
            world.clock.advance(milliseconds: 2_000)
            try await reconciler.expireCharges()
            #expect(try await codes() == [DeclineCode.expired, DeclineCode.expired, DeclineCode.expired])
        }
    }
}
