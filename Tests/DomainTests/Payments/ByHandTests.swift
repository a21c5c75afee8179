import Domain
import TestSupport
import Testing

@Suite("What staff decide about money by hand")
struct ByHandTests {
    private let staff: UserID = .sample(99)

    private func letGo(_ payment: PaymentID, in sale: PureSale) -> Command {
        .letPaymentGo(LetPaymentGo(ownerID: sale.fan, paymentID: payment, staffID: staff, reason: "다른 금액"))
    }

    /// A card that was asked for, and whose gateway says another amount.
    private func stuck(points: Int64 = 1_000) throws -> (PureSale, Reservation, PaymentID) {
        var sale = PureSale()
        try sale.run(sale.charge(300_000))
        let held = try sale.held([0])
        let payment = try sale.run(sale.request(held.id, points: points)).payment.id
        try sale.run(sale.begin(payment))
        try sale.run(sale.complete(payment, .captured(amount: Won(1))))
        return (sale, held, payment)
    }

    private func handedBack(_ payment: PaymentID, in sale: inout PureSale) throws {
        try sale.run(
            .handBack(HandBack(ownerID: sale.fan, paymentID: payment, claim: .sample(1), retryMs: 15_000)))
    }

    @Test("A payment that stays unknown is let go: points go back, the seats wait for another payment")
    func letsGo() throws {
        var (sale, held, payment) = try stuck()
        #expect(sale.refusal(letGo(payment, in: sale)) == .paymentUnderWay(until: sale.now.adding(seconds: 5)))
        try handedBack(payment, in: &sale)
        let decision = try sale.run(letGo(payment, in: sale))
        let row = try #require(sale.rows.payments[payment])
        #expect((row.status, row.declineCode, row.unknownSince) == (.declined, DeclineCode.letGo, nil))
        #expect(sale.balance() == Won(300_000) && decision.tickets.isEmpty)
        #expect(sale.rows.reservations[held.id]?.status == .pending)
        #expect(decision.events.map(\.kind) == [.reservationReopened])
        let action = try #require(decision.staffActions.first)
        #expect((action.kind, action.staffID, action.reason) == (.paymentLetGo, staff, "다른 금액"))
        #expect(action.subjectID == ID(payment))
        #expect(sale.refusal(letGo(payment, in: sale)) == .wrongState)
        // The other amount makes it no more paid than before.
        try sale.run(sale.complete(payment, .captured(amount: Won(1))))
        #expect(sale.rows.payments[payment]?.status == .declined)
    }

    @Test("Only what is unknown is let go, and nothing by that becomes paid")
    func onlyUnknown() throws {
        var sale = PureSale()
        let held = try sale.held([0])
        let payment = try sale.run(sale.request(held.id)).payment.id
        #expect(sale.refusal(letGo(payment, in: sale)) == .wrongState)
        #expect(sale.refusal(letGo(.sample(999), in: sale)) == .notFound)
        try sale.run(sale.begin(payment))
        try sale.run(sale.complete(payment, .captured(amount: Won(150_000))))
        #expect(sale.refusal(letGo(payment, in: sale)) == .wrongState)
    }

    @Test("The right money that comes after a payment was let go is treated like any that comes late")
    func lateMoney() throws {
        var (sale, held, payment) = try stuck()
        try handedBack(payment, in: &sale)
        try sale.run(letGo(payment, in: sale))
        sale.now = sale.now.adding(seconds: 100)
        try sale.run(sale.expire(held.id))
        try sale.run(sale.hold([0], by: sale.rival))
        try sale.run(sale.complete(payment, .captured(amount: Won(149_000))))
        let row = try #require(sale.rows.payments[payment])
        #expect((row.status, row.declineCode) == (.refunded, DeclineCode.returned))
        #expect(sale.refunds.map(\.amount) == [Won(149_000)] && sale.balance() == Won(300_000))
    }

    @Test("A refund that the gateway refused is settled by hand, once, and the ledger stays as it is")
    func settles() throws {
        var sale = PureSale()
        let held = try sale.held([0])
        let payment = try sale.run(sale.request(held.id)).payment.id
        try sale.run(sale.begin(payment))
        try sale.run(sale.complete(payment, .captured(amount: Won(150_000))))
        try sale.run(sale.refund(payment))
        let refund = try #require(sale.refunds.first)
        let settle = Command.settleRefundByHand(
            SettleRefundByHand(refundID: refund.id, staffID: staff, reason: "계좌 이체"))
        #expect(sale.refusal(settle) == .wrongState, "the gateway may still do it")
        try sale.run(
            .settleRefund(SettleRefund(refundID: refund.id, paymentID: payment, result: .refused(code: "CLOSED"))))
        let before = sale.ledger
        let decision = try sale.run(settle)
        #expect(sale.refunds.map(\.status) == [.settled])
        let action = try #require(decision.staffActions.first)
        #expect((action.kind, action.staffID, action.reason) == (.refundSettled, staff, "계좌 이체"))
        #expect(action.subjectID == ID(refund.id))
        #expect(sale.ledger == before && decision.transfers.isEmpty && decision.events.isEmpty)
        #expect(sale.refusal(settle) == .wrongState)
        // What the gateway says later of it changes nothing.
        try sale.run(.settleRefund(SettleRefund(refundID: refund.id, paymentID: payment, result: .done)))
        #expect(sale.refunds.map(\.status) == [.settled])
        let nobodys = SettleRefundByHand(refundID: .sample(998), staffID: staff, reason: "-")
        #expect(sale.refusal(.settleRefundByHand(nobodys)) == .notFound)
    }

    @Test("Why tickets were given back is kept with them; a fan's words do not go to the gateway, staff's do")
    func reasons() throws {
        var sale = PureSale()
        let held = try sale.held([0, 1])
        let payment = try sale.run(sale.request(held.id)).payment.id
        try sale.run(sale.begin(payment))
        try sale.run(sale.complete(payment, .captured(amount: Won(300_000))))
        let tickets = sale.rows.tickets(of: held.id).map(\.id)
        func refund(_ ticket: TicketID, _ reason: String, staff: UserID? = nil) -> Command {
            .refund(
                RefundPayment(
                    ownerID: sale.fan, paymentID: payment, ticketIDs: [ticket], reason: reason, staffID: staff))
        }
        try sale.run(refund(tickets[0], "못 가요"))
        try sale.run(refund(tickets[1], "공연장 사정", staff: staff))
        #expect(sale.rows.tickets(of: held.id).map(\.refundReason) == ["못 가요", "공연장 사정"])
        #expect(sale.refunds.map(\.reason) == ["Refund", "공연장 사정"])
        #expect(sale.rows.staffActions.map(\.reason) == ["공연장 사정"])
    }

    @Test("A charge that nobody comes back to pay ends, and money that comes for it later is credited")
    func expiredCharge() throws {
        var sale = PureSale()
        let charge = try sale.run(.requestCharge(RequestCharge(userID: sale.fan, amount: Won(5_000)))).payment.id
        let expire = Command.expireCharge(ExpireCharge(paymentID: charge, ownerID: sale.fan, afterSeconds: 120))
        sale.now = PureSale.noon.adding(milliseconds: 119_999)
        #expect(try sale.decision(expire).payments.isEmpty)
        sale.now = PureSale.noon.adding(seconds: 120)
        try sale.run(expire)
        let row = try #require(sale.rows.payments[charge])
        #expect((row.status, row.declineCode) == (.declined, DeclineCode.expired))
        #expect(sale.refusal(sale.begin(charge)) == .wrongState, "a card is not asked any more")
        try sale.run(sale.complete(charge, .captured(amount: Won(5_000))))
        #expect(sale.rows.payments[charge]?.status == .captured && sale.balance() == Won(5_000))
        #expect(try sale.decision(expire).payments.isEmpty)
    }

    @Test("A charge that a card is paying at this moment does not end")
    func unknownCharge() throws {
        var sale = PureSale()
        let charge = try sale.run(.requestCharge(RequestCharge(userID: sale.fan, amount: Won(5_000)))).payment.id
        try sale.run(sale.begin(charge))
        sale.now = PureSale.noon.adding(seconds: 500)
        let expire = Command.expireCharge(ExpireCharge(paymentID: charge, ownerID: sale.fan, afterSeconds: 120))
        #expect(try sale.decision(expire).payments.isEmpty)
    }
}
