import Domain
import TestSupport
import Testing

@Suite("Checking in")
struct CheckInTests {
    @Test("A valid ticket lets in once, and the second scan learns when and where")
    func once() throws {
        var sale = PureSale()
        let ticket = try sale.paid([0]).tickets[0]
        let decision = try sale.run(sale.checkIn(ticket.code, gate: "Gate 3"))
        let used = try #require(decision.tickets.first)
        #expect(used.status == .used)
        #expect(used.usedAt == PureSale.noon)
        #expect(used.usedGate == "Gate 3")
        #expect(decision.events.map(\.kind) == [.ticketUsed])
        #expect(decision.seats.isEmpty, "whoever is inside still has the seat")
        sale.now = PureSale.noon.adding(seconds: 5)
        let again = sale.refusal(sale.checkIn(ticket.code, gate: "Gate 1"))
        #expect(again == .ticketUsed(at: PureSale.noon, gate: "Gate 3"))
    }

    @Test("Knowing a ticket's id opens no door: the secret must fit too")
    func wrongSecret() throws {
        var sale = PureSale()
        let code = try sale.paid([0]).tickets[0].code
        let forged = TicketCode(ticketID: code.ticketID, secret: code.secret ^ 1)
        #expect(sale.refusal(sale.checkIn(forged)) == .notFound)
        #expect(sale.refusal(sale.checkIn(TicketCode(ticketID: .sample(9), secret: code.secret))) == .notFound)
    }

    @Test("A refunded ticket does not let in")
    func refunded() throws {
        var sale = PureSale()
        let paid = try sale.paid([0])
        try sale.run(sale.refund(paid.payment.id))
        #expect(sale.refusal(sale.checkIn(paid.tickets[0].code)) == .ticketVoid)
    }

    @Test("A door of another date turns a ticket away unused, also one that was used or refunded")
    func otherDate() throws {
        var sale = PureSale()
        let code = try sale.paid([0]).tickets[0].code
        #expect(sale.refusal(sale.checkIn(code, date: .sample(2))) == .ticketOfOtherDate(sale.date))
        try sale.run(sale.checkIn(code, date: sale.date))
        #expect(sale.refusal(sale.checkIn(code, date: .sample(2))) == .ticketOfOtherDate(sale.date))
        #expect(
            sale.refusal(sale.checkIn(code, date: sale.date)) == .ticketUsed(at: PureSale.noon, gate: "Gate 3"))
    }
}
