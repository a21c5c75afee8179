import Domain
import Ports
import Testing

@Suite("A card payment is kept in every state")
struct CardPaymentTests {
    @Test("From the page to the tickets, it is read back as it was saved", arguments: contracts)
    func roundTrip(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            _ = try await world.charge(100_000, to: fan)
            let held = try await world.hold([seats[0], seats[1]], for: fan, of: date)

            let requested = try await world.request(held, points: 40_000)
            var rows = try await world.rows { $0.reservations = [held.id] }
            #expect(rows.openPayment(of: held.id) == requested)
            #expect(rows.reservations[held.id]?.status == .confirmed)
            #expect(rows.seats[seats[0]]?.state == .confirmed)
            #expect(rows.seats[seats[0]]?.heldUntil == rows.reservations[held.id]?.expiresAt)
            #expect(try await world.store.payment(requested.id) == requested)
            #expect(try await world.store.wallet(of: fan.id).balance == Won(60_000))
            try await world.expectCleanAudit()

            let begun = try await world.begin(requested, key: "key-1")
            #expect(begun.tryAt == world.clock.now().adding(milliseconds: Int64(World.tryMs)))
            rows = try await world.rows {
                $0.payments = [requested.id]
                $0.gatewayKeys = ["key-1", "key-2"]
            }
            #expect(rows.payments[requested.id] == begun)
            #expect(rows.openPayment(of: held.id) == begun)
            #expect(rows.owner(ofKey: "key-1") == requested.id)
            #expect(rows.owner(ofKey: "key-2") == nil)
            try await world.expectCleanAudit()

            let (captured, tickets) = try await world.complete(begun, key: "key-1", .captured(amount: begun.card))
            #expect(captured.status == .captured)
            #expect(captured.tryAt == nil)
            #expect(try await world.store.payment(requested.id) == captured)
            #expect(try await world.store.tickets(of: held.id) == tickets)
            let history = try await world.store.transfers(of: fan.id, before: nil, limit: 10)
            #expect(history.map(\.kind) == [.reserve, .charge])
            #expect(history.map(\.balance) == [Won(60_000), Won(100_000)])
            #expect(try await world.store.audit().counts.first { $0.name == "house transfers" }?.count == 2)
            try await world.expectCleanAudit()
        }
    }

    @Test("A batch that does not name the payment finds the one that a reservation waits for", arguments: contracts)
    func openPayment(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            let held = try await world.hold([seats[0]], for: fan, of: date)
            let first = try await world.request(held)
            let second = try await world.request(held)
            #expect(try await world.store.payment(first.id)?.status == .declined)
            #expect(try await world.store.payment(first.id)?.declineCode == DeclineCode.withdrawn)
            // By the payment that is over, too.
            let rows = try await world.rows { $0.payments = [first.id] }
            #expect(rows.openPayment(of: held.id) == second)
            _ = try await world.run(.release(ReleaseHold(userID: fan.id, reservationID: held.id)))
            #expect(try await world.store.payment(second.id)?.status == .declined)
            try await world.expectCleanAudit()
        }
    }

    @Test("A declined card gives the points back and the seats another try", arguments: contracts)
    func declined(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            _ = try await world.charge(1_000, to: fan)
            let held = try await world.hold([seats[0]], for: fan, of: date)
            let begun = try await world.begin(try await world.request(held, points: 1_000), key: "k")
            let (declined, _) = try await world.complete(begun, key: "k", .declined(code: "NO_MONEY"))
            #expect(declined.declineCode == "NO_MONEY")
            #expect(try await world.store.payment(begun.id) == declined)
            #expect(try await world.store.reservation(held.id)?.status == .pending)
            #expect(try await world.store.wallet(of: fan.id).balance == Won(1_000))
            let kinds = try await world.store.transfers(of: fan.id, before: nil, limit: 9).map(\.kind)
            #expect(kinds == [.release, .reserve, .charge])
            try await world.expectCleanAudit()
            _ = try await world.charge(150_000, to: fan)
            _ = try await world.pay(held)
            try await world.expectCleanAudit()
        }
    }

    @Test("A key that the gateway does not know is free for another payment", arguments: contracts)
    func wrongKey(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            let one = try await world.request(try await world.hold([seats[0]], for: fan, of: date))
            let two = try await world.request(try await world.hold([seats[1]], for: fan, of: date))
            let begun = try await world.begin(one, key: "two's")
            await #expect(throws: Refusal.paymentKeyInvalid) { _ = try await world.begin(two, key: "two's") }
            let (forgotten, _) = try await world.complete(begun, key: "two's", .wrongKey)
            #expect(forgotten.gatewayKey == nil)
            #expect(try await world.store.payment(one.id) == forgotten)
            _ = try await world.begin(two, key: "two's")
            try await world.expectCleanAudit()
        }
    }

    @Test("Money that comes after the hold has gone takes the same seats again, with new fences", arguments: contracts)
    func retaken(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (late, other) = (try await world.user("late"), try await world.user("other"))
            let (date, seats) = try await world.sale()
            let (expired, begun) = try await world.payTooLate(
                [seats[0], seats[1]], points: 5, key: "k", for: late, of: date)
            #expect(try await world.store.payment(begun.id)?.status == .unknown)
            try await world.expectCleanAudit()
            // Another fan has a seat meanwhile, and lets it run out before any sweeper comes.
            let between = try await world.hold([seats[0]], for: other, of: date, seconds: 60)
            world.clock.advance(seconds: 60)

            let (captured, tickets) = try await world.complete(begun, key: "k", .captured(amount: begun.card))
            #expect(captured.status == .captured)
            #expect(tickets.count == 2)
            let paid = try #require(try await world.store.reservation(expired.id))
            #expect(paid.status == .paid)
            let stored = try await world.store.seats(of: date.id).prefix(2).map(\.seat)
            #expect(paid.seats.map(\.fence) == stored.map(\.fence))
            #expect(stored.map(\.fence) == [4, 3])
            #expect(try await world.store.tickets(of: expired.id) == tickets)
            try await world.expectCleanAudit()

            _ = try await world.run(.expire(ExpireHold(reservationID: between.id, ownerID: other.id)))
            try await world.expectCleanAudit()
            _ = try await world.refund(captured, [tickets[0].id])
            try await world.expectCleanAudit()
        }
    }

    @Test("Money that comes when the seats are another's is owed back, once", arguments: contracts)
    func returned(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (late, other) = (try await world.user("late"), try await world.user("other"))
            let (date, seats) = try await world.sale()
            let (expired, begun) = try await world.payTooLate([seats[0]], points: 5, key: "k", for: late, of: date)
            _ = try await world.hold([seats[0]], for: other, of: date)
            for _ in 0..<2 {
                let (back, tickets) = try await world.complete(begun, key: "k", .captured(amount: begun.card))
                #expect(back.status == .refunded)
                #expect(tickets.isEmpty)
            }
            #expect(try await world.store.reservation(expired.id)?.status == .expired)
            #expect(try await world.store.wallet(of: late.id).balance == Won(5))
            let refunds = try await world.store.refunds(of: begun.id)
            #expect(refunds.map(\.amount) == [begun.card])
            try await world.expectCleanAudit()
        }
    }

    @Test("Points charged by card have no reservation; what a full wallet cannot take goes back", arguments: contracts)
    func charges(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let first = try await world.begin(try await world.requestCharge(10_000, to: fan), key: "1")
            #expect(try await world.store.payment(first.id) == first)
            #expect(first.reservationID == nil)
            let (charged, _) = try await world.complete(first, key: "1", .captured(amount: Won(10_000)))
            #expect(charged.status == .captured)
            #expect(try await world.store.wallet(of: fan.id).balance == Won(10_000))
            try await world.expectCleanAudit()

            let second = try await world.begin(try await world.requestCharge(10_000, to: fan), key: "2")
            let full = Command.charge(ChargePoints(userID: fan.id, amount: Won(ChargePoints.amounts.upperBound)))
            let count = Int((Won.max.amount - 10_000) / ChargePoints.amounts.upperBound)
            for part in stride(from: 0, to: count, by: 500) {
                _ = try await world.run(Array(repeating: full, count: min(500, count - part)))
            }
            let room = Won.max - (try await world.store.wallet(of: fan.id).balance)
            if room > .zero { _ = try await world.charge(room.amount, to: fan) }
            let (back, _) = try await world.complete(second, key: "2", .captured(amount: Won(10_000)))
            #expect(back.status == .refunded)
            #expect(try await world.store.refunds(of: second.id).map(\.amount) == [Won(10_000)])
            try await world.expectCleanAudit()
        }
    }

    @Test("Refunds go to card and points in proportion, to the last won, also of very large sums", arguments: contracts)
    func proportional(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let date = try await world.date(of: try await world.concert().id)
            let mapped = world.mappedSeats(of: date.id, count: 4)
            _ = try await world.store.replaceSeats(
                of: date.id, grades: [Grade(name: "A", price: Won(7_777_777_777)), Grade(name: "B", price: Won(3))],
                seats: mapped, layout: [], event: world.event(.layoutReplaced, about: ID(date.id)))
            let seats = mapped.map(\.seat.id)
            let bought = try await world.buyByCard(seats, points: 9_999_999, key: "k", for: fan, of: date)
            for ticket in bought.tickets {
                _ = try await world.refund(bought.payment, [ticket.id])
                try await world.expectCleanAudit()
            }
            let refunds = try await world.store.refunds(of: bought.payment.id)
            #expect(refunds.reduce(.zero) { $0 + $1.amount } == bought.payment.card)
            #expect(try await world.store.wallet(of: fan.id).balance == Won(9_999_999))
        }
    }

    // MARK: What the schema refuses

    @Test(
        "A gateway's key that another payment has is a conflict, and its effect does not happen", arguments: contracts)
    func keyConflict(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let first = try await world.begin(try await world.requestCharge(1, to: fan), key: "k")
            let second = try await world.requestCharge(2, to: fan)
            let fault = await #expect(throws: Fault.self) {
                try await world.store.commit(keys { $0.payments = [second.id] }) { rows, now in
                    var stolen = second
                    stolen.status = .unknown
                    stolen.gatewayKey = "k"
                    stolen.tryAt = now
                    var decision = Decision(.unchanged)
                    decision.payments = [stolen]
                    rows.apply(decision)
                }
            }
            #expect(fault?.code == .conflict)
            #expect(try await world.store.payment(second.id) == second)
            #expect(try await world.store.payment(first.id) == first)
        }
    }

    @Test("Of many that begin with one key at once, one does", arguments: contracts)
    func keyRace(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fans = try await (0..<8).asyncMap { try await world.user("fan\($0)") }
            let payments = try await fans.asyncMap { try await world.requestCharge(100, to: $0) }
            let begun = await withTaskGroup(of: Bool.self) { group in
                for payment in payments {
                    group.addTask {
                        do {
                            _ = try await world.begin(payment, key: "the same")
                            return true
                        } catch {
                            #expect(error as? Refusal == .paymentKeyInvalid, "\(error)")
                            return false
                        }
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(begun == 1)
            try await world.expectCleanAudit()
        }
    }

    @Test("A second open payment of a reservation is refused", arguments: contracts)
    func secondOpenPayment(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            let held = try await world.hold([seats[0]], for: fan, of: date)
            _ = try await world.request(held)
            let second = Payment(
                id: world.id(), reservationID: held.id, userID: fan.id, method: .card, status: .requested,
                amount: held.amount, points: .zero, createdAt: world.clock.now())
            try await expectConstraint(on: second, in: world)
        }
    }

    @Test("A payment whose parts, key or time do not fit its method and state is refused", arguments: contracts)
    func unfittingPayments(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            let held = try await world.hold([seats[0]], for: fan, of: date)
            let now = world.clock.now()
            func payment(
                _ method: Payment.Method, _ status: Payment.Status, points: Int64, key: String? = nil,
                tryAt: Timestamp? = nil, of reservation: ReservationID? = held.id
            ) -> Payment {
                Payment(
                    id: world.id(), reservationID: reservation, userID: fan.id, method: method, status: status,
                    amount: Won(100), points: Won(points), gatewayKey: key, tryAt: tryAt, createdAt: now)
            }
            for wrong in [
                payment(.points, .captured, points: 99), payment(.card, .captured, points: 1),
                payment(.mixed, .captured, points: 100), payment(.mixed, .captured, points: 0),
                payment(.points, .captured, points: 100, of: nil), payment(.mixed, .captured, points: 1, of: nil),
                payment(.card, .unknown, points: 0, tryAt: now), payment(.card, .unknown, points: 0, key: "k"),
                payment(.card, .declined, points: 0, key: "k", tryAt: now),
            ] {
                try await expectConstraint(on: wrong, in: world)
            }
        }
    }

    private func expectConstraint(on payment: Payment, in world: World) async throws {
        let fault = await #expect(throws: Fault.self, "\(payment)") {
            try await world.store.commit(RowKeys()) { rows, _ in
                var decision = Decision(.unchanged)
                decision.payments = [payment]
                rows.apply(decision)
            }
        }
        #expect(fault?.code == .constraint, "\(payment)")
        #expect(try await world.store.payment(payment.id) == nil)
    }

    private func keys(_ fill: (inout RowKeys) -> Void) -> RowKeys {
        var keys = RowKeys()
        fill(&keys)
        return keys
    }
}

extension Sequence {
    fileprivate func asyncMap<Result>(_ make: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await make(element)) }
        return results
    }
}
