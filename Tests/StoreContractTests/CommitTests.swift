import Domain
import Ports
import Testing

@Suite("A batch is committed as a whole, or not at all")
struct CommitTests {
    @Test("What a hold saved is what the next batch reads", arguments: contracts)
    func holdRoundTrip(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            let held = try await world.hold([seats[0], seats[3]], for: fan, of: date)

            let rows = try await world.rows { keys in
                keys.reservations = [held.id]
                keys.dates = [date.id]
                keys.claims = [FanOnDate(userID: fan.id, dateID: date.id)]
            }
            #expect(rows.reservations[held.id] == held)
            #expect(rows.claims[FanOnDate(userID: fan.id, dateID: date.id)] == [held.claim])
            #expect(rows.sales[date.id]?.grades == World.grades)
            #expect(rows.sales[date.id]?.seatsPerFanMax == 4)
            let seat = try #require(rows.seats[seats[3]])
            #expect(seat.state == .pending)
            #expect(seat.reservationID == held.id)
            #expect(seat.heldUntil == held.expiresAt)
            #expect(seat.fence == 1)
            #expect(seat.label == SeatLabel(section: "A", row: "1", number: "4"))
            try await world.expectCleanAudit()
        }
    }

    @Test("What a purchase saved is what the next batch reads", arguments: contracts)
    func purchaseRoundTrip(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            let (held, payment, tickets) = try await world.buy([seats[0], seats[1]], for: fan, of: date)

            let rows = try await world.rows { keys in
                keys.payments = [payment.id]
                keys.wallets = [fan.id]
                keys.tickets = [tickets[1].id]
            }
            #expect(rows.payments[payment.id] == payment)
            #expect(rows.wallets[fan.id]?.balance == Won(1_000_000 - 240_000))
            #expect(rows.tickets(of: held.id).sorted { $0.id < $1.id } == tickets)
            #expect(rows.reservations[held.id]?.status == .paid)
            #expect(rows.seats[seats[1]]?.state == .paid)
            #expect(rows.seats[seats[1]]?.heldUntil == nil)
            try await world.expectCleanAudit()
        }
    }

    @Test("A refund of one ticket, then of the rest, frees each seat once", arguments: contracts)
    func refunds(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            let bought = try await world.buy([seats[0], seats[1]], for: fan, of: date)

            let first = try await world.refund(bought.payment, [bought.tickets[0].id])
            #expect(first.payment.status == .partiallyRefunded)
            try await world.expectCleanAudit()
            let second = try await world.refund(bought.payment, nil)
            #expect(second.payment.status == .refunded)
            #expect(second.payment.refunded == second.payment.amount)

            #expect(try await world.store.wallet(of: fan.id).balance == Won(1_000_000))
            #expect(try await world.store.payment(bought.payment.id) == second.payment)
            #expect(try await world.store.ticket(bought.tickets[0].id)?.status == .void)
            #expect(try await world.store.seats(of: date.id).allSatisfy { $0.seat.state == .available })
            try await world.expectCleanAudit()
        }
    }

    @Test("A refunded seat is sold again in the same batch", arguments: contracts)
    func refundAndHoldTogether(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (fan, next) = (try await world.user(), try await world.user("next"))
            let (date, seats) = try await world.sale()
            let bought = try await world.buy([seats[0]], for: fan, of: date)
            let outcomes = try await world.run([
                .refund(RefundPayment(ownerID: fan.id, paymentID: bought.payment.id, ticketIDs: nil)),
                .hold(HoldSeats(userID: next.id, dateID: date.id, choice: .seats([seats[0]]), holdSeconds: 60)),
            ])
            guard case .success(.held(let reservation)) = outcomes[1] else { throw Unexpected() }
            _ = try await world.charge(150_000, to: next)
            _ = try await world.pay(reservation)
            #expect(try await world.store.seats(of: date.id)[0].seat.reservationID == reservation.id)
            try await world.expectCleanAudit()
        }
    }

    @Test("A hold made and given back in one batch is stored with its seats", arguments: contracts)
    func newAndChangedInOneBatch(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            var keys = RowKeys()
            let hold = Command.hold(
                HoldSeats(userID: fan.id, dateID: date.id, choice: .seats([seats[0]]), holdSeconds: 60))
            hold.addKeys(to: &keys)
            let source = IDSource(random: SplitMix(seed: 7))
            let held = try await world.store.commit(keys) { rows, now -> ReservationID? in
                var ids = source
                guard let decision = try? hold.decide(on: rows, ids: &ids, now: now) else { return nil }
                rows.apply(decision)
                guard let id = decision.reservations.first?.id else { return nil }
                let release = Command.release(ReleaseHold(userID: fan.id, reservationID: id))
                guard let second = try? release.decide(on: rows, ids: &ids, now: now) else { return nil }
                rows.apply(second)
                return id
            }
            let id = try #require(held)
            let reservation = try #require(try await world.store.reservation(id))
            #expect(reservation.status == .cancelled)
            #expect(reservation.version == 2)
            #expect(reservation.seats.map(\.id) == [seats[0]])
            try await world.expectCleanAudit()
        }
    }

    @Test("A row that two commands changed is stored as the second left it", arguments: contracts)
    func changedTwice(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let charge = Command.charge(ChargePoints(userID: fan.id, amount: Won(700)))
            _ = try await world.run([charge, charge, charge])
            #expect(try await world.store.wallet(of: fan.id).balance == Won(2100))
            let history = try await world.store.transfers(of: fan.id, before: nil, limit: 10)
            #expect(history.map(\.balance) == [Won(2100), Won(1400), Won(700)])
            try await world.expectCleanAudit()
        }
    }

    @Test("A refusal writes nothing", arguments: contracts)
    func refusal(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale(seatsPerFanMax: 1)
            let before = try await world.store.undeliveredCount()
            let outcomes = try await world.run([
                .hold(HoldSeats(userID: fan.id, dateID: date.id, choice: .seats(seats), holdSeconds: 60))
            ])
            guard case .failure(.tooManySeats(max: 1)) = outcomes[0] else { throw Unexpected() }
            #expect(try await world.store.reservations(of: fan.id, before: nil, limit: 10).isEmpty)
            #expect(try await world.store.undeliveredCount() == before)
            #expect(try await world.store.seats(of: date.id).allSatisfy { $0.seat.fence == 0 })
        }
    }

    @Test("One row that a constraint refuses undoes the whole batch", arguments: contracts)
    func constraint(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            var keys = RowKeys()
            let hold = HoldSeats(userID: fan.id, dateID: date.id, choice: .seats([seats[0]]), holdSeconds: 60)
            Command.hold(hold).addKeys(to: &keys)
            let source = IDSource(random: SplitMix(seed: 7))
            let fault = await #expect(throws: Fault.self) {
                try await world.store.commit(keys) { rows, now in
                    var ids = source
                    if let decision = try? Command.hold(hold).decide(on: rows, ids: &ids, now: now) {
                        rows.apply(decision)
                    }
                    var bad = Decision(.unchanged)
                    bad.wallets = [Wallet(userID: fan.id, balance: Won(-1))]
                    rows.apply(bad)
                }
            }
            #expect(fault?.code == .constraint)
            #expect(try await world.store.seats(of: date.id)[0].seat.state == .available)
            #expect(try await world.store.reservations(of: fan.id, before: nil, limit: 10).isEmpty)
            // The connection is as good as before.
            _ = try await world.hold([seats[0]], for: fan, of: date)
        }
    }

    @Test("A seat that the store does not have is not silently left out", arguments: contracts)
    func unknownSeat(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (date, _) = try await world.sale()
            let ghost = Seat(
                id: world.id(), dateID: date.id, label: SeatLabel(section: "Z", row: "1", number: "1"), grade: 0)
            let fault = await #expect(throws: Fault.self) {
                try await world.store.commit(RowKeys()) { rows, _ in
                    var decision = Decision(.unchanged)
                    decision.seats = [ghost]
                    rows.apply(decision)
                }
            }
            #expect(fault?.code == .constraint)
        }
    }

    @Test("A seat of a hold past its deadline goes to the next fan before any sweeper came", arguments: contracts)
    func claimedAway(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (late, next) = (try await world.user("late"), try await world.user("next"))
            let (date, seats) = try await world.sale()
            let first = try await world.hold([seats[0], seats[1]], for: late, of: date, seconds: 60)
            world.clock.advance(seconds: 60)
            let second = try await world.hold([seats[0]], for: next, of: date)

            // The first still says PENDING; nothing is wrong with that until it is swept.
            #expect(try await world.store.reservation(first.id)?.status == .pending)
            try await world.expectCleanAudit()
            #expect(try await world.store.overdueHolds(limit: 10) == [ExpireHold(first)])
            _ = try await world.run(.expire(ExpireHold(first)))
            let states = try await world.store.seats(of: date.id).prefix(2).map(\.seat)
            #expect(states[0].reservationID == second.id)
            #expect(states[1].state == .available)
            #expect(try await world.store.overdueHolds(limit: 10).isEmpty)
            try await world.expectCleanAudit()
        }
    }

    @Test("Overdue holds come oldest first, and the deadline itself is overdue", arguments: contracts)
    func overdue(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            let long = try await world.hold([seats[0]], for: fan, of: date, seconds: 120)
            let short = try await world.hold([seats[1]], for: fan, of: date, seconds: 60)
            let justBefore = short.expiresAt.adding(milliseconds: -1)
            func overdue(at time: Timestamp, limit: Int = 10) async throws -> [ExpireHold] {
                try await world.at(time) { try await world.store.overdueHolds(limit: limit) }
            }
            #expect(try await overdue(at: justBefore).isEmpty)
            #expect(try await overdue(at: short.expiresAt) == [ExpireHold(short)])
            #expect(try await overdue(at: long.expiresAt) == [short, long].map(ExpireHold.init))
            #expect(try await overdue(at: long.expiresAt, limit: 1) == [ExpireHold(short)])
        }
    }

    @Test("Only live reservations count as claims of a fan", arguments: contracts)
    func claims(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            let over = try await world.hold([seats[0]], for: fan, of: date)
            _ = try await world.run(.release(ReleaseHold(userID: fan.id, reservationID: over.id)))
            let live = try await world.hold([seats[1]], for: fan, of: date)
            let key = FanOnDate(userID: fan.id, dateID: date.id)
            let rows = try await world.rows { $0.claims = [key] }
            #expect(rows.claims[key] == [live.claim])
        }
    }

    @Test("An idempotency record commits with its effect and is read back byte for byte", arguments: contracts)
    func answers(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let answer = world.answer(1, body: [UInt8](0...255))
            _ = try await world.run([.charge(ChargePoints(userID: fan.id, amount: Won(1)))], answers: [answer])
            let rows = try await world.rows { $0.answers = [answer.scope] }
            #expect(rows.answers[answer.scope] == answer)
            #expect(try await world.store.answer(answer.scope) == answer)
        }
    }

    @Test("A second record of one scope is a conflict, and its effect does not happen", arguments: contracts)
    func answerConflict(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let charge = Command.charge(ChargePoints(userID: fan.id, amount: Won(1)))
            _ = try await world.run([charge], answers: [world.answer(1)])
            let fault = await #expect(throws: Fault.self) {
                _ = try await world.run([charge], answers: [world.answer(1)])
            }
            #expect(fault?.code == .conflict)
            #expect(try await world.store.wallet(of: fan.id).balance == Won(1))
        }
    }

    @Test("Old idempotency records are forgotten from the front, a few at a time", arguments: contracts)
    func forgetting(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            for number: UInt64 in 1...3 { _ = try await world.run([], answers: [world.answer(number)]) }
            world.clock.advance(seconds: 10)
            _ = try await world.run([], answers: [world.answer(4)])
            // Ten seconds old is not older than ten seconds.
            #expect(try await world.store.forgetAnswers(olderThanSeconds: 10, limit: 2) == 0)
            #expect(try await world.store.forgetAnswers(olderThanSeconds: 9, limit: 2) == 2)
            #expect(try await world.store.forgetAnswers(olderThanSeconds: 9, limit: 2) == 1)
            #expect(try await world.store.forgetAnswers(olderThanSeconds: 9, limit: 2) == 0)
            #expect(try await world.store.answer(world.answer(3).scope) == nil)
            #expect(try await world.store.answer(world.answer(4).scope) != nil)
        }
    }

    @Test("A ticket is used once, and says when and where", arguments: contracts)
    func checkIn(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            let ticket = try await world.buy([seats[0]], for: fan, of: date).tickets[0]
            _ = try await world.run(.checkIn(CheckIn(code: ticket.code, gate: "Gate 3")))
            let used = try #require(try await world.store.ticket(ticket.id))
            #expect(used.status == .used)
            #expect(used.usedGate == "Gate 3")
            #expect(used.usedAt == world.clock.now())
            #expect(used.code == ticket.code)
            let again = try await world.run([.checkIn(CheckIn(code: ticket.code, gate: "Gate 4"))])
            guard case .failure(.ticketUsed) = again[0] else { throw Unexpected() }
            try await world.expectCleanAudit()
        }
    }

    @Test("A hundred batches asked for at once are all committed", arguments: contracts)
    func concurrentBatches(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<100 { group.addTask { _ = try await world.charge(10, to: fan) } }
                try await group.waitForAll()
            }
            #expect(try await world.store.wallet(of: fan.id).balance == Won(1000))
            try await world.expectCleanAudit()
        }
    }

    @Test("Cancelling whoever waits does not cancel the commit", arguments: contracts)
    func cancellation(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await world.charge(10, to: fan)
            }
            #expect(try await task.value.amount == Won(10))
            #expect(try await world.store.wallet(of: fan.id).balance == Won(10))
        }
    }
}

extension ExpireHold {
    fileprivate init(_ reservation: Reservation) {
        self.init(reservationID: reservation.id, ownerID: reservation.userID)
    }
}
