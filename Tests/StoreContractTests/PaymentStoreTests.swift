import Domain
import Ports
import Testing

@Suite("Payments and refunds that the gateway is to be asked about")
struct PaymentStoreTests {
    @Test(
        "Unknown payments come when their time has come, the oldest first, until they are known", arguments: contracts)
    func unknown(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            let first = try await world.request(try await world.hold([seats[0]], for: fan, of: date))
            let second = try await world.requestCharge(500, to: fan)
            _ = try await world.request(try await world.hold([seats[1]], for: fan, of: date))
            let later = try await world.begin(second, key: "second")
            world.clock.advance(seconds: -5)
            let sooner = try await world.begin(first, key: "first")
            let (soon, late) = (try #require(sooner.tryAt), try #require(later.tryAt))

            let store = world.store
            func unknown(at time: Timestamp, limit: Int = 9) async throws -> [Payment] {
                try await world.at(time) { try await store.unknownPayments(limit: limit) }
            }
            #expect(try await unknown(at: soon.adding(milliseconds: -1)).isEmpty)
            #expect(try await unknown(at: soon) == [sooner])
            #expect(try await unknown(at: late) == [sooner, later])
            #expect(try await unknown(at: late, limit: 1) == [sooner])
            var figures = try await store.paymentFigures()
            #expect(figures.unknownCount == 2)
            #expect(figures.oldestUnknownAt == sooner.unknownSince)

            world.clock.set(late)
            let (still, _) = try await world.complete(sooner, key: "first", .unknown)
            #expect(try await unknown(at: late) == [later])
            #expect(try await unknown(at: late.adding(seconds: 9)) == [later, still])
            _ = try await world.complete(still, key: "first", .captured(amount: still.card))
            _ = try await world.complete(later, key: "second", .declined(code: "NO"))
            #expect(try await unknown(at: .distantFuture).isEmpty)
            figures = try await store.paymentFigures()
            #expect(figures.unknownCount == 0)
            #expect(figures.oldestUnknownAt == nil)
            try await world.expectCleanAudit()
        }
    }

    @Test("Refunds to the card come when their time has come, until they are done or failed", arguments: contracts)
    func refunds(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            let bought = try await world.buyByCard(
                [seats[0], seats[1], seats[2]], points: 10_000, key: "k", for: fan, of: date)
            let store = world.store
            #expect(try await store.refunds(of: bought.payment.id).isEmpty)
            _ = try await world.refund(bought.payment, [bought.tickets[0].id])
            world.clock.advance(seconds: 1)
            let refunded = try await world.refund(bought.payment, nil).payment
            let owed = try await store.refunds(of: bought.payment.id)
            #expect(owed.map(\.status) == [.requested, .requested])
            #expect(owed.reduce(.zero) { $0 + $1.amount } == bought.payment.card)
            try await world.expectCleanAudit()

            #expect(
                try await world.at(owed[0].tryAt.adding(milliseconds: -1)) { try await store.dueRefunds(limit: 9) }
                    .isEmpty)
            #expect(
                try await world.at(owed[0].tryAt) { try await store.dueRefunds(limit: 9) }.map(\.refund) == [owed[0]])
            let due = try await store.dueRefunds(limit: 9)
            #expect(due.map(\.refund) == owed)
            #expect(due.map(\.payment) == [refunded, refunded])
            #expect(try await store.dueRefunds(limit: 1).map(\.refund) == [owed[0]])

            let again = try await world.settle(owed[0], .unknown(retryMs: 1_000))
            #expect(again.tryCount == 1)
            #expect(try await store.refunds(of: bought.payment.id)[0] == again)
            #expect(try await store.dueRefunds(limit: 9).map(\.refund) == [owed[1]])
            #expect(try await store.paymentFigures().refundsPending == 2)
            _ = try await world.settle(again, .done)
            _ = try await world.settle(owed[1], .refused(code: "CLOSED"))
            #expect(try await world.at(.distantFuture) { try await store.dueRefunds(limit: 9) }.isEmpty)
            #expect(try await store.refunds(of: bought.payment.id).map(\.status) == [.done, .failed])
            let figures = try await store.paymentFigures()
            #expect((figures.refundsPending, figures.refundsFailed) == (0, 1))
            try await world.expectCleanAudit()
        }
    }

    @Test("Card payments are listed by id, with what was given back of each; others are not", arguments: contracts)
    func list(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale(seatsPerFanMax: 6)
            let store = world.store
            let points = try await world.buy([seats[0]], for: fan, of: date)
            let first = try await world.buyByCard([seats[1], seats[2]], points: 7, key: "1", for: fan, of: date)
            let second = try await world.requestCharge(500, to: fan)
            let third = try await world.buyByCard([seats[3]], key: "3", for: fan, of: date)
            _ = try await world.refund(first.payment, [first.tickets[0].id])
            _ = try await world.settle(try await store.refunds(of: first.payment.id)[0], .done)
            let refunded = try await world.refund(first.payment, nil).payment

            let page = try await store.cardPayments(after: nil, limit: 9)
            #expect(page.map(\.payment) == [refunded, second, third.payment])
            let refunds = try await store.refunds(of: first.payment.id)
            #expect(page.map(\.refundsDone) == [refunds[0].amount, .zero, .zero])
            #expect(page.map(\.refundsPending) == [refunds[1].amount, .zero, .zero])
            #expect(try await store.cardPayments(after: nil, limit: 2).map(\.payment.id) == [refunded.id, second.id])
            #expect(try await store.cardPayments(after: second.id, limit: 2).map(\.payment.id) == [third.payment.id])
            #expect(try await store.cardPayments(after: third.payment.id, limit: 2).isEmpty)

            let found = try await store.payments([third.payment.id, world.id(), points.payment.id])
            #expect(Set(found) == [third.payment, points.payment])
            #expect(try await store.payments([]).isEmpty)
        }
    }

    @Test("A hold that waits for a card is overdue at its deadline too", arguments: contracts)
    func overdue(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            let confirmed = try await world.hold([seats[0]], for: fan, of: date, seconds: 300)
            let pending = try await world.hold([seats[1]], for: fan, of: date, seconds: 60)
            let payment = try await world.request(confirmed)
            let deadline = try #require(try await world.store.reservation(confirmed.id)).expiresAt
            #expect(deadline > confirmed.expiresAt)
            let justBefore = deadline.adding(milliseconds: -1)
            let first = ExpireHold(reservationID: pending.id, ownerID: fan.id)
            let second = ExpireHold(reservationID: confirmed.id, ownerID: fan.id)
            #expect(try await world.at(justBefore) { try await world.store.overdueHolds(limit: 9) } == [first])
            #expect(try await world.at(deadline) { try await world.store.overdueHolds(limit: 9) } == [first, second])
            world.clock.set(deadline)
            _ = try await world.run([.expire(second), .expire(first)])
            #expect(try await world.at(deadline) { try await world.store.overdueHolds(limit: 9) }.isEmpty)
            #expect(try await world.store.payment(payment.id)?.declineCode == DeclineCode.expired)
            try await world.expectCleanAudit()
        }
    }
}

extension Timestamp {
    /// Later than anything that a test does.
    fileprivate static var distantFuture: Timestamp { Timestamp(milliseconds: 4_000_000_000_000) }
}
