import Domain
import TestSupport
import Testing

@Suite("Paying by card")
struct CardPaymentTests {
    private func requested(points: Int64 = 0) throws -> (PureSale, Reservation, PaymentID) {
        var sale = PureSale()
        try sale.run(sale.charge(300_000))
        let held = try sale.held([0])
        let payment = try sale.run(sale.request(held.id, points: points)).payment.id
        return (sale, held, payment)
    }

    @Test("Each start moves the deadline, never back and never past the cap")
    func deadline() throws {
        var (sale, held, _) = try requested()
        func deadline() -> Timestamp? { sale.rows.reservations[held.id]?.expiresAt }
        #expect(deadline() == held.createdAt.adding(seconds: 60))
        // A fan who begins again and again gets no more than the cap.
        for second in stride(from: 30, through: 119, by: 10) {
            sale.now = held.createdAt.adding(seconds: second)
            _ = try? sale.run(sale.request(held.id))
        }
        #expect(deadline() == held.createdAt.adding(seconds: 120))
        sale.now = held.createdAt.adding(seconds: 119)
        let payment = try #require(sale.rows.openPayment(of: held.id))
        try sale.run(sale.begin(payment.id))
        #expect(deadline() == held.createdAt.adding(seconds: 129))
        // Nor does one whose keys are always wrong.
        for _ in 0..<20 {
            try sale.run(sale.complete(payment.id, .wrongKey))
            sale.now = sale.now.adding(milliseconds: 500)
            _ = try? sale.run(sale.begin(payment.id))
        }
        #expect(deadline() == held.createdAt.adding(seconds: 130))
        let seat = try #require(sale.rows.seats[sale.seat(0)])
        #expect(seat.heldUntil == deadline())
    }

    @Test("A CONFIRMED seat is nobody else's, also past its deadline, until the sweeper has been there")
    func confirmedSeat() throws {
        var (sale, held, _) = try requested()
        sale.now = held.createdAt.adding(seconds: 61)
        #expect(sale.refusal(sale.hold([0], by: sale.rival)) == .seatTaken([sale.seat(0)]))
        try sale.run(sale.expire(held.id))
        #expect(sale.refusal(sale.hold([0], by: sale.rival)) == nil)
    }

    @Test("A key that another payment has is refused, and one that it got in the meantime changes nothing")
    func foreignKey() throws {
        var (sale, _, first) = try requested()
        let other = try sale.held([1], by: sale.rival)
        let second = try sale.run(sale.request(other.id, by: sale.rival)).payment.id
        try sale.run(sale.begin(first, key: "key-1"))
        #expect(sale.refusal(sale.begin(second, key: "key-1", by: sale.rival)) == .paymentKeyInvalid)
        let late = CompletePayment(
            ownerID: sale.rival, paymentID: second, paymentKey: "key-1", result: .captured(amount: Won(150_000)),
            retryMs: 1_000, claim: nil)
        let decision = try sale.run(.completePayment(late))
        #expect(decision.payments.isEmpty && decision.tickets.isEmpty)
    }

    @Test("A gateway that says another amount is not believed")
    func otherAmount() throws {
        var (sale, held, payment) = try requested()
        try sale.run(sale.begin(payment))
        let decision = try sale.run(sale.complete(payment, .captured(amount: Won(1))))
        #expect(decision.payments.isEmpty)
        #expect(sale.rows.reservations[held.id]?.status == .confirmed)
    }

    @Test("Where several reasons refuse a confirmation, the first in this order is the answer")
    func precedence() throws {
        var (sale, held, payment) = try requested()
        sale.now = held.createdAt.adding(seconds: 61)
        #expect(sale.refusal(sale.begin(payment, by: sale.rival)) == .notFound)
        #expect(sale.refusal(sale.begin(payment, amount: 1)) == .holdExpired)
        sale.now = held.createdAt.adding(seconds: 59)
        #expect(sale.refusal(sale.begin(payment, amount: 1)) == .amountMismatch(expected: Won(150_000)))
        try sale.run(sale.begin(payment))
        #expect(sale.refusal(sale.begin(payment, key: "key-2", amount: 1, claim: 2)) != nil)
    }

    @Test("Refunds ticket by ticket add up to what points and card paid, to the won", arguments: [1, 33_333, 299_999])
    func parts(points: Int64) throws {
        var sale = PureSale()
        try sale.run(sale.charge(300_000))
        let held = try sale.held([0, 1])
        let payment = try sale.run(sale.request(held.id, points: points)).payment.id
        try sale.run(sale.begin(payment))
        try sale.run(sale.complete(payment, .captured(amount: Won(300_000 - points))))
        for ticket in sale.rows.tickets(of: held.id) { try sale.run(sale.refund(payment, tickets: [ticket.id])) }
        #expect(sale.balance() == Won(300_000))
        #expect(sale.refunds.reduce(.zero) { $0 + $1.amount } == Won(300_000 - points))
        #expect(sale.rows.payments[payment]?.status == .refunded)
        #expect(sale.ledger[Account.sales] ?? 0 == 0 && sale.ledger[Account.gateway] ?? 0 == 0)
    }

    @Test("A card pays for a cancelled date neither before nor after")
    func cancelled() throws {
        var (sale, held, payment) = try requested()
        var called = try #require(sale.rows.sales[sale.date])
        called.isCancelled = true
        sale.rows.read(called)
        #expect(sale.refusal(sale.begin(payment)) == .saleClosed)
        called.isCancelled = false
        sale.rows.read(called)
        try sale.run(sale.begin(payment))
        called.isCancelled = true
        sale.rows.read(called)
        try sale.run(sale.complete(payment, .captured(amount: Won(150_000))))
        #expect(sale.rows.payments[payment]?.status == .refunded)
        #expect(sale.rows.reservations[held.id]?.status == .expired)
        #expect(sale.refunds.count == 1)
    }

    @Test("What is said of one key is not said of another")
    func staleWord() throws {
        var (sale, _, payment) = try requested(points: 1_000)
        try sale.run(sale.begin(payment, key: "wrong"))
        try sale.run(sale.complete(payment, .wrongKey, key: "wrong"))
        try sale.run(sale.begin(payment, key: "right"))
        // A second reader of the first key comes late, while the right one is being captured.
        for stale in [CaptureResult.wrongKey, .declined(code: "ABORTED"), .unknown] {
            try sale.run(sale.complete(payment, stale, key: "wrong"))
            let row = try #require(sale.rows.payments[payment])
            #expect((row.status, row.gatewayKey, row.tryCount) == (.unknown, "right", 0))
        }
        try sale.run(sale.complete(payment, .captured(amount: Won(149_000)), key: "right"))
        #expect(sale.rows.payments[payment]?.status == .captured)
    }

    @Test("One asks about an unknown payment at a time")
    func askAgain() throws {
        var (sale, _, payment) = try requested()
        func ask(_ claim: UInt64) -> Command {
            .askAgain(AskAgain(ownerID: sale.fan, paymentID: payment, claim: .sample(claim), tryMs: 5_000))
        }
        #expect(sale.refusal(ask(2)) == .wrongState)
        try sale.run(sale.begin(payment))
        let until = sale.now.adding(seconds: 5)
        #expect(sale.refusal(ask(2)) == .paymentUnderWay(until: until))
        sale.now = until
        try sale.run(ask(2))
        #expect(sale.refusal(ask(3)) == .paymentUnderWay(until: until.adding(seconds: 5)))
        #expect(sale.refusal(sale.begin(payment, claim: 4)) == .paymentUnderWay(until: until.adding(seconds: 5)))
    }

    @Test("Nothing is paid by card where nothing is to pay")
    func free() throws {
        var sale = PureSale(prices: [0, 0])
        let held = try sale.held([0])
        #expect(sale.refusal(sale.request(held.id)) == .wrongState)
        #expect(sale.refusal(sale.pay(held.id)) == nil)
    }
}
