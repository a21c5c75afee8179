import Domain
import TestSupport
import Testing

@Suite("Points")
struct LedgerTests {
    @Test("A charge moves money from outside into the wallet, with one event")
    func charge() throws {
        var sale = PureSale()
        try sale.run(sale.charge(30_000))
        let decision = try sale.run(sale.charge(12_345))
        #expect(sale.balance() == Won(42_345))
        let transfer = try #require(decision.transfers.first)
        #expect(transfer.kind == .charge)
        #expect(transfer.from == Account.funding)
        #expect(transfer.to == sale.fan.account)
        #expect(transfer.balance == Won(42_345))
        #expect(decision.events.map(\.kind) == [.pointsCharged])
        #expect(decision.events.map(\.subjectID) == [ID(transfer.id)])
    }

    @Test("A wallet holds a hundred billion won and not one more")
    func limit() {
        var sale = PureSale()
        sale.rows.read(Wallet(userID: sale.fan, balance: Won(Won.max.amount - 10)))
        #expect(sale.refusal(sale.charge(10)) == nil)
        #expect(sale.refusal(sale.charge(11)) == .balanceTooLarge)
    }

    @Test("Whatever is charged, paid and refunded, the accounts sum to zero and wallets equal theirs")
    func ledgerSumsToZero() throws {
        var random = SeededRandom(seed: 11)
        var sale = PureSale()
        var payments: [(owner: UserID, payment: PaymentID)] = []
        for _ in 0..<400 {
            let fan = random.isLucky(percent: 50) ? sale.fan : sale.rival
            switch random.index(weights: [3, 4, 2]) {
            case 0: try sale.run(sale.charge(Int64.random(in: 1...400_000, using: &random), to: fan))
            case 1:
                let seats = (0..<10).filter { _ in random.isLucky(percent: 20) }
                if let held = try? sale.held(seats, by: fan), let paid = try? sale.run(sale.pay(held.id, by: fan)) {
                    payments.append((fan, try paid.payment.id))
                }
                sale.now = sale.now.adding(milliseconds: 500)
            default:
                guard let (owner, payment) = random.pick(from: payments),
                    let reservation = sale.rows.payments[payment]?.reservationID
                else { continue }
                let tickets = sale.rows.tickets(of: reservation).map(\.id).filter { _ in random.isLucky(percent: 60) }
                _ = try? sale.run(sale.refund(payment, tickets: tickets, of: owner))
            }
            let ledger = sale.ledger
            #expect(ledger.values.reduce(0, +) == 0)
            #expect(ledger[sale.fan.account, default: 0] == sale.balance(of: sale.fan).amount)
            #expect(ledger[sale.rival.account, default: 0] == sale.balance(of: sale.rival).amount)
            #expect(sale.balance(of: sale.fan) >= .zero && sale.balance(of: sale.rival) >= .zero)
        }
        #expect(payments.count > 10, "a run in which nothing was sold shows nothing")
        #expect(sale.rows.transfers.contains { $0.kind == .refund })
    }
}
