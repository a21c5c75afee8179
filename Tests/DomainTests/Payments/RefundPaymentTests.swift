import Domain
import TestSupport
import Testing

@Suite("Refunding")
struct RefundPaymentTests {
    @Test("A whole refund gives all money back, voids the tickets and frees the seats")
    func whole() throws {
        var sale = PureSale()
        let paid = try sale.paid([0, 7])
        let decision = try sale.run(sale.refund(paid.payment.id))
        #expect(try decision.payment.status == .refunded)
        #expect(try decision.payment.refunded == Won(240_000))
        #expect(try decision.reservation.status == .refunded)
        #expect(try decision.reservation.seatCount == 0)
        #expect(try decision.reservation.version == 3)
        #expect(decision.tickets.map(\.status) == [.void, .void])
        #expect(decision.seats.map(\.state) == [.available, .available])
        #expect(decision.seats.map(\.fence) == [2, 2])
        #expect(decision.events.map(\.kind) == [.reservationRefunded])
        #expect(decision.events.map(\.amount) == [Won(240_000)])
        #expect(sale.balance() == Won(240_000))
        #expect(sale.refusal(sale.hold([0, 7], by: sale.rival)) == nil)
    }

    @Test("A refund of some tickets gives back their price and leaves the others good")
    func partial() throws {
        var sale = PureSale()
        let paid = try sale.paid([0, 1, 7])
        let decision = try sale.run(sale.refund(paid.payment.id, tickets: [paid.tickets[2].id]))
        #expect(try decision.payment.status == .partiallyRefunded)
        #expect(try decision.payment.refunded == Won(90_000))
        #expect(try decision.reservation.status == .paid)
        #expect(try decision.reservation.seatCount == 2)
        #expect(try decision.reservation.seats.count == 3, "a refunded ticket keeps its place")
        #expect(decision.tickets.map(\.id) == [paid.tickets[2].id])
        #expect(decision.seats.map(\.id) == [sale.seat(7)])
        #expect(decision.events.map(\.kind) == [.reservationPartlyRefunded])
        #expect(decision.events.first?.seats.map(\.id) == [sale.seat(7)])
        #expect(sale.balance() == Won(90_000))
        #expect(sale.rows.tickets[paid.tickets[0].id]?.status == .valid)
    }

    @Test("Refunds ticket by ticket add up to the whole, and the last one ends the reservation")
    func ticketByTicket() throws {
        var sale = PureSale()
        let paid = try sale.paid([0, 1, 7])
        for (index, ticket) in paid.tickets.enumerated() {
            let decision = try sale.run(sale.refund(paid.payment.id, tickets: [ticket.id]))
            let isLast = index == 2
            #expect(try decision.payment.status == (isLast ? .refunded : .partiallyRefunded))
            #expect(try decision.reservation.status == (isLast ? .refunded : .paid))
            #expect(try decision.reservation.version == 3 + index)
        }
        #expect(sale.rows.payments[paid.payment.id]?.refunded == paid.payment.amount)
        #expect(sale.balance() == Won(390_000))
        #expect(sale.refusal(sale.refund(paid.payment.id)) == .wrongState)
    }

    @Test("Without a choice, what was not refunded before is refunded")
    func theRest() throws {
        var sale = PureSale()
        let paid = try sale.paid([0, 1, 7])
        try sale.run(sale.refund(paid.payment.id, tickets: [paid.tickets[0].id]))
        let decision = try sale.run(sale.refund(paid.payment.id))
        #expect(decision.tickets.map(\.id) == [paid.tickets[1].id, paid.tickets[2].id])
        #expect(try decision.payment.status == .refunded)
        #expect(try decision.payment.refunded == paid.payment.amount)
    }

    @Test("Another's payment, and tickets of another payment, are not found")
    func foreign() throws {
        var sale = PureSale()
        let mine = try sale.paid([0])
        let theirs = try sale.paid([1], by: sale.rival)
        #expect(sale.refusal(sale.refund(theirs.payment.id)) == .notFound)
        #expect(sale.refusal(sale.refund(.sample(999))) == .notFound)
        #expect(sale.refusal(sale.refund(mine.payment.id, tickets: [theirs.tickets[0].id])) == .notFound)
    }

    @Test("A ticket that was used or refunded is not refunded, nor is any other with it")
    func usedAndVoid() throws {
        var sale = PureSale()
        let paid = try sale.paid([0, 1, 7])
        try sale.run(sale.checkIn(paid.tickets[0].code))
        try sale.run(sale.refund(paid.payment.id, tickets: [paid.tickets[1].id]))
        let used = Refusal.ticketUsed(at: PureSale.noon, gate: "Gate 3")
        let (first, second, third) = (paid.tickets[0].id, paid.tickets[1].id, paid.tickets[2].id)
        #expect(sale.refusal(sale.refund(paid.payment.id, tickets: [first])) == used)
        #expect(sale.refusal(sale.refund(paid.payment.id, tickets: [third, second])) == .ticketVoid)
        #expect(sale.refusal(sale.refund(paid.payment.id)) == used)
        #expect(sale.refusal(sale.refund(paid.payment.id, tickets: [second, first])) == used, "used before void")
        #expect(sale.refusal(sale.refund(paid.payment.id, tickets: [])) == .wrongState, "nothing to refund")
        #expect(sale.refusal(sale.refund(paid.payment.id, tickets: [third])) == nil)
    }

    @Test("A refund that would overfill the wallet is refused")
    func fullWallet() throws {
        var sale = PureSale()
        let paid = try sale.paid([0])
        sale.rows.read(Wallet(userID: sale.fan, balance: Won(Won.max.amount - 149_999)))
        #expect(sale.refusal(sale.refund(paid.payment.id)) == .balanceTooLarge)
        sale.rows.read(Wallet(userID: sale.fan, balance: Won(Won.max.amount - 150_000)))
        #expect(sale.refusal(sale.refund(paid.payment.id)) == nil)
    }
}
