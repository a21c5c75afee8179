import Domain
import TestSupport
import Testing

@Suite("Rows of a batch")
struct RowsTests {
    @Test("A command sees what the ones before it in its batch did")
    func seesEarlierCommands() throws {
        var sale = PureSale()
        try sale.held([0])
        #expect(sale.refusal(sale.hold([0], by: sale.rival)) == .seatTaken([sale.seat(0)]))
        #expect(sale.refusal(sale.hold([1, 2, 3, 4])) == .tooManySeats(max: 4), "its claim counts at once")
    }

    @Test("A row that changes twice is saved once, as it is last")
    func savedOnce() throws {
        var sale = PureSale()
        let held = try sale.held([0])
        try sale.run(sale.release(held.id))
        #expect(sale.rows.reservations.changed.map(\.status) == [.cancelled])
        #expect(sale.rows.seats.changed.map(\.fence) == [2])
        #expect(sale.rows.events.map(\.version) == [1, 2])
    }

    @Test("A refused command changes nothing")
    func refusalsChangeNothing() throws {
        var sale = PureSale()
        #expect(throws: Refusal.self) { try sale.run(sale.hold([0, 1, 2, 3, 4])) }
        #expect(sale.rows.reservations.changed.isEmpty && sale.rows.seats.changed.isEmpty)
        #expect(sale.rows.events.isEmpty && sale.rows.transfers.isEmpty)
    }

    @Test("The keys of a command name every row that deciding it reads")
    func keys() throws {
        let sale = PureSale()
        func keys(_ command: Command) -> RowKeys {
            var keys = RowKeys()
            command.addKeys(to: &keys)
            return keys
        }
        let hold = keys(sale.hold([0, 1]))
        #expect(hold.dates == [sale.date])
        #expect(hold.claims == [FanOnDate(userID: sale.fan, dateID: sale.date)])
        #expect(hold.seats == [sale.seat(0), sale.seat(1)])
        #expect(keys(sale.holdBest(2, of: [[0, 1], [2, 3]])).seats == Set((0..<4).map { sale.seat($0) }))
        #expect(keys(sale.pay(.sample(1))).wallets == [sale.fan])
        #expect(keys(sale.pay(.sample(1))).reservations == [.sample(1)])
        #expect(keys(sale.refund(.sample(2))).payments == [.sample(2)])
        #expect(keys(sale.refund(.sample(2), of: sale.rival)).wallets == [sale.rival])
        #expect(keys(sale.release(.sample(3))).reservations == [.sample(3)])
        #expect(keys(sale.expire(.sample(3))).reservations == [.sample(3)])
        #expect(keys(sale.charge(1)).wallets == [sale.fan])
        #expect(keys(sale.checkIn(TicketCode(ticketID: .sample(4), secret: 0))).tickets == [.sample(4)])
    }

    @Test("The same command on the same rows decides the same")
    func pure() throws {
        var sale = PureSale()
        let held = try sale.held([0, 1])
        try sale.run(sale.charge(400_000))
        let first = try sale.decision(sale.pay(held.id))
        let second = try sale.decision(sale.pay(held.id))
        #expect(first.tickets == second.tickets)
        #expect(first.transfers == second.transfers)
        #expect(first.events == second.events)
    }
}
