import Domain
import Ports
import Testing

@Suite("Readers see what was committed, page by page")
struct ReaderTests {
    @Test("Reservations come newest first, each page after the last id of the one before", arguments: contracts)
    func reservations(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (fan, other) = (try await world.user(), try await world.user("other"))
            let (date, seats) = try await world.sale()
            var made: [Reservation] = []
            for seat in seats.prefix(3) { made.append(try await world.hold([seat], for: fan, of: date)) }
            _ = try await world.hold([seats[4]], for: other, of: date)

            let first = try await world.store.reservations(of: fan.id, before: nil, limit: 2)
            #expect(first == [made[2], made[1]])
            let second = try await world.store.reservations(of: fan.id, before: made[1].id, limit: 2)
            #expect(second == [made[0]])
            #expect(try await world.store.reservation(made[0].id) == made[0])
            #expect(try await world.store.reservation(world.id()) == nil)
        }
    }

    @Test("A reservation lists its seats in order of id, at the price of the moment", arguments: contracts)
    func seatsOfReservation(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            let held = try await world.hold([seats[2], seats[1]], for: fan, of: date)
            let read = try #require(try await world.store.reservation(held.id))
            #expect(read.seats.map(\.id) == [seats[1], seats[2]])
            #expect(read.seats.map(\.grade) == ["R", "VIP"])
            #expect(read.seats.map(\.price) == [Won(90_000), Won(150_000)])
            #expect(read.seats.map(\.label.number) == ["2", "3"])
        }
    }

    @Test("Transfers, payments and tickets are read as they were made", arguments: contracts)
    func money(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            let bought = try await world.buy([seats[0], seats[1], seats[2]], for: fan, of: date)
            let transfers = try await world.store.transfers(of: fan.id, before: nil, limit: 10)
            #expect(transfers.map(\.kind) == [.payment, .charge])
            #expect(transfers[0].paymentID == bought.payment.id)
            #expect(transfers[0].to == Account.sales)
            #expect(transfers[1].from == Account.funding)
            let older = try await world.store.transfers(of: fan.id, before: transfers[0].id, limit: 10)
            #expect(older == [transfers[1]])
            #expect(try await world.store.tickets(of: bought.reservation.id) == bought.tickets)
            #expect(try await world.store.payment(world.id()) == nil)

            let newest = try await world.store.tickets(of: fan.id, before: nil, limit: 2)
            #expect(newest == [bought.tickets[2], bought.tickets[1]])
            let rest = try await world.store.tickets(of: fan.id, before: newest[1].id, limit: 2)
            #expect(rest == [bought.tickets[0]])
            #expect(try await world.store.ticket(bought.tickets[0].id) == bought.tickets[0])
        }
    }

    @Test("A fan who never paid in has an empty wallet", arguments: contracts)
    func emptyWallet(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            #expect(try await world.store.wallet(of: fan.id) == Wallet(userID: fan.id, balance: .zero))
        }
    }
}
