import Domain
import TestSupport
import Testing

@Suite("Paying with points")
struct PayWithPointsTests {
    @Test("Paying takes the price, issues a ticket a seat, and ends the deadline")
    func pay() throws {
        var sale = PureSale()
        let held = try sale.held([0, 7])
        try sale.run(sale.charge(300_000))
        let decision = try sale.run(sale.pay(held.id))

        #expect(try decision.reservation.status == .paid)
        #expect(try decision.reservation.version == 2)
        let payment = try decision.payment
        #expect(payment.status == .captured)
        #expect(payment.method == .points)
        #expect(payment.amount == Won(240_000))
        #expect(payment.refunded == .zero)
        #expect(payment.reservationID == held.id)

        #expect(sale.balance() == Won(60_000))
        #expect(decision.transfers.count == 1)
        let transfer = try #require(decision.transfers.first)
        #expect(transfer.kind == .payment)
        #expect(transfer.from == sale.fan.account)
        #expect(transfer.to == Account.sales)
        #expect(transfer.amount == Won(240_000))
        #expect(transfer.balance == Won(60_000))
        #expect(transfer.paymentID == payment.id)

        #expect(decision.tickets.map(\.seat.id) == [sale.seat(0), sale.seat(7)])
        #expect(decision.tickets.allSatisfy { $0.status == .valid && $0.code.ticketID == $0.id })
        #expect(Set(decision.tickets.map(\.code.secret)).count == 2)
        #expect(decision.seats.allSatisfy { $0.state == .paid && $0.heldUntil == nil && $0.fence == 1 })
        #expect(decision.events.map(\.kind) == [.reservationPaid])
        #expect(decision.events.map(\.amount) == [Won(240_000)])
    }

    @Test("A hold is paid before its deadline and not at it, swept or not")
    func deadline() throws {
        var sale = PureSale()
        let held = try sale.held([0])
        try sale.run(sale.charge(150_000))
        sale.now = held.expiresAt.adding(milliseconds: -1)
        #expect(sale.refusal(sale.pay(held.id)) == nil)
        sale.now = held.expiresAt
        #expect(sale.refusal(sale.pay(held.id)) == .holdExpired)
        try sale.run(sale.expire(held.id))
        #expect(sale.refusal(sale.pay(held.id)) == .holdExpired)
    }

    @Test("Once paid, a seat stays with its fan after what was the deadline")
    func paidSeatsStay() throws {
        var sale = PureSale()
        let held = try sale.held([0])
        try sale.run(sale.charge(150_000))
        try sale.run(sale.pay(held.id))
        sale.now = held.expiresAt.adding(seconds: 60)
        #expect(sale.refusal(sale.hold([0], by: sale.rival)) == .seatTaken([sale.seat(0)]))
    }

    /// A ``WallClock`` may go back by up to a second: the deadline was passed, the seat claimed by another, and then
    /// it is before the deadline again. The fence tells that the hold is gone.
    @Test("A hold that lost its seat is not paid, not even when the clock steps back before its deadline")
    func lostSeat() throws {
        var sale = PureSale()
        let held = try sale.held([0, 1])
        try sale.run(sale.charge(300_000))
        sale.now = held.expiresAt
        let next = try sale.held([1], by: sale.rival)
        sale.now = held.expiresAt.adding(milliseconds: -500)
        #expect(sale.refusal(sale.pay(held.id)) == .holdExpired)
        #expect(sale.rows.seats[sale.seat(1)]?.reservationID == next.id)
    }

    @Test("A wallet may be emptied to the last won and not beyond")
    func notEnoughPoints() throws {
        var sale = PureSale()
        let held = try sale.held([0])
        #expect(sale.refusal(sale.pay(held.id)) == .notEnoughPoints(balance: .zero, needed: Won(150_000)))
        try sale.run(sale.charge(149_999))
        #expect(sale.refusal(sale.pay(held.id)) == .notEnoughPoints(balance: Won(149_999), needed: Won(150_000)))
        try sale.run(sale.charge(1))
        try sale.run(sale.pay(held.id))
        #expect(sale.balance() == .zero)
    }

    @Test("Nobody pays what is not theirs, and nothing is paid twice")
    func states() throws {
        var sale = PureSale()
        let held = try sale.held([0])
        try sale.run(sale.charge(1_000_000))
        try sale.run(sale.charge(1_000_000, to: sale.rival))
        #expect(sale.refusal(sale.pay(held.id, by: sale.rival)) == .notFound)
        #expect(sale.refusal(sale.pay(.sample(999))) == .notFound)
        try sale.run(sale.pay(held.id))
        #expect(sale.refusal(sale.pay(held.id)) == .wrongState)
        let released = try sale.held([1])
        try sale.run(sale.release(released.id))
        #expect(sale.refusal(sale.pay(released.id)) == .wrongState)
    }

    @Test("Where several reasons refuse a payment, the first in the order of Refusal is the answer")
    func precedence() throws {
        var sale = PureSale()
        let paid = try sale.paid([0])
        sale.now = PureSale.noon.adding(seconds: 600)
        #expect(
            sale.refusal(sale.pay(try #require(paid.payment.reservationID))) == .wrongState,
            "before the deadline and the money")
        let held = try sale.held([1])
        sale.now = held.expiresAt
        #expect(sale.refusal(sale.pay(held.id)) == .holdExpired, "before the money")
    }

    @Test("A free ticket costs nothing and moves no money")
    func freeTicket() throws {
        var sale = PureSale()
        sale.rows.read(
            Sale(
                dateID: sale.date, opensAt: PureSale.noon, closesAt: PureSale.noon.adding(seconds: 3600),
                isCancelled: false, grades: [Grade(name: "Free", price: .zero)], seatsPerFanMax: 4))
        let held = try sale.held([0])
        let decision = try sale.run(sale.pay(held.id))
        #expect(decision.transfers.isEmpty)
        #expect(decision.tickets.count == 1)
        #expect(try decision.payment.status == .captured)
        let refund = try sale.run(sale.refund(try decision.payment.id))
        #expect(refund.transfers.isEmpty)
        #expect(try refund.payment.status == .refunded)
    }
}
