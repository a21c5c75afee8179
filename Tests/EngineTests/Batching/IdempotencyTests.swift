import Domain
import Engine
import Ports
import TestSupport
import Testing

@Suite("Idempotency keys")
struct IdempotencyTests {
    @Test("Fifty copies at once of every kind of request have one effect and equal answers", arguments: [1, 3])
    func copies(engineCount: Int) async throws {
        try await World.run(World.Plan(engineCount: engineCount)) { world async throws in
            let fan = world.fans[0]
            let charge = try await once(1, in: world, .charge(ChargePoints(userID: fan, amount: Won(500_000))))
            #expect(charge == .charged(try #require(charge.transfer), balance: Won(500_000)))

            let seats = [world.seats[0], world.seats[1]]
            let hold = HoldSeats(userID: fan, dateID: world.date, choice: .seats(seats), holdSeconds: 60)
            guard case .held(let reservation, seats, Won(200_000), _) = try await once(2, in: world, .hold(hold)) else {
                Issue.record("not held")
                return
            }
            let pay = Command.pay(PayWithPoints(userID: fan, reservationID: reservation))
            guard case .paid(let payment, reservation, let tickets) = try await once(3, in: world, pay) else {
                Issue.record("not paid")
                return
            }
            #expect(try await world.balance(of: fan) == Won(300_000))
            let checkIn = Command.checkIn(CheckIn(code: tickets[0], gate: nil))
            #expect(try await once(4, in: world, checkIn) == .checkedIn(tickets[0].ticketID))
            let refund = RefundPayment(ownerID: fan, paymentID: payment, ticketIDs: [tickets[1].ticketID])
            let refunded = try await once(5, in: world, .refund(refund))
            #expect(refunded == .refunded(payment, total: Won(100_000), tickets: [tickets[1].ticketID]))
            #expect(try await world.balance(of: fan) == Won(400_000))

            let other = try await world.held([world.seats[5]], by: fan)
            let release = Command.release(ReleaseHold(userID: fan, reservationID: other))
            #expect(try await once(6, in: world, release) == .released(other))
        }
    }

    @Test("Without the records every copy has an effect of its own")
    func copiesWithoutRecords() async throws {
        var plan = World.Plan()
        plan.intercept = { ForgetfulStore(base: $0) }
        try await World.run(plan) { world async throws in
            let charge = Command.charge(ChargePoints(userID: world.fans[0], amount: Won(1_000)))
            for _ in 0..<5 { _ = await world.submit(charge, key: .sample(1)) }
            #expect(try await world.balance(of: world.fans[0]) == Won(5_000))
        }
    }

    @Test("The same key with another body is refused and changes nothing")
    func otherBody() async throws {
        try await World.run { world async throws in
            let fan = world.fans[0]
            let first = await world.charge(1_000, to: fan, key: .sample(1, request: 1))
            let other = await world.charge(2_000, to: fan, key: .sample(1, request: 2))
            #expect(other.refusal == .idempotencyKeyReused)
            #expect(await world.charge(1_000, to: fan, key: .sample(1, request: 1)).body == first.body)
            #expect(try await world.balance(of: fan) == Won(1_000))
        }
    }

    @Test("A refusal leaves no record, so the same key succeeds later")
    func refusalLeavesNoRecord() async throws {
        try await World.run { world async throws in
            let seat = world.seats[0]
            let rival = try await world.held([seat], by: world.fans[1])
            #expect(await world.hold([seat], by: world.fans[0], key: .sample(1)).refusal == .seatTaken([seat]))
            #expect(try await world.record(1) == nil)
            _ = await world.release(rival, by: world.fans[1])
            #expect(await world.hold([seat], by: world.fans[0], key: .sample(1)).heldSeats == [seat])
        }
    }

    @Test("An answer is given again for 24 hours and not longer, whether or not the sweeper forgot it")
    func forgottenAfterADay() async throws {
        try await World.run { world async throws in
            let fan = world.fans[0]
            let start = world.clock.now()
            let first = await world.charge(1_000, to: fan, key: .sample(1))
            world.clock.set(to: start.adding(milliseconds: 24 * 3_600_000 - 1))
            let again = await world.charge(1_000, to: fan, key: .sample(1))
            #expect(again.body == first.body)
            #expect(again.isReplay)
            world.clock.set(to: start.adding(milliseconds: 24 * 3_600_000))
            let anew = await world.charge(1_000, to: fan, key: .sample(1))
            #expect(anew.receipt != nil, "\(anew)")
            #expect(anew.body != first.body)
            #expect(try await world.balance(of: fan) == Won(2_000))
            #expect(await world.charge(1_000, to: fan, key: .sample(1)).body == anew.body, "remembered anew")
        }
    }

    @Test("The sweeper forgets records that are older than a day")
    func sweeperForgets() async throws {
        var plan = World.Plan()
        plan.hasSweeper = true
        try await World.run(plan) { world async throws in
            _ = await world.charge(1_000, to: world.fans[0], key: .sample(1))
            world.clock.advance(milliseconds: 3_600_000)
            _ = await world.charge(1_000, to: world.fans[0], key: .sample(2))
            world.clock.advance(milliseconds: 23 * 3_600_000 + 1)
            let isForgotten = try await eventually { try await world.record(1) == nil }
            #expect(isForgotten)
            #expect(try await world.record(2) != nil)
        }
    }

    /// Sends fifty copies at once and expects one effect.
    private func once(_ key: UInt64, in world: World, _ command: Command) async throws -> Receipt {
        let answers = await copies(50, of: command, key: .sample(key), in: world)
        #expect(Set(answers.map(\.body)).count == 1, "equal answers")
        #expect(answers.count { !$0.isReplay } == 1, "one effect")
        return try #require(answers.first?.receipt)
    }

    private func copies(_ count: Int, of command: Command, key: Idempotency, in world: World) async -> [Answer] {
        await withTaskGroup(of: Answer.self) { group in
            for index in 0..<count {
                group.addTask { await world.submit(command, key: key, at: index % world.engines.count) }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }
}

extension Answer {
    fileprivate var body: [UInt8]? {
        guard case .done(let encoded, _) = self else { return nil }
        return encoded.body
    }

    fileprivate var isReplay: Bool {
        guard case .done(_, let isReplay) = self else { return false }
        return isReplay
    }
}

extension Receipt {
    fileprivate var transfer: TransferID? {
        guard case .charged(let transfer, _) = self else { return nil }
        return transfer
    }
}
