import Domain
import Foundation
import Ports
import StorePostgres
import Testing

@Suite("What has come is told by the database's clock")
struct DatabaseClockTests {
    private static let servers = PostgresContract.uri.map { [$0] } ?? []

    @Test("A process that is an hour behind finds what is over, due or overdue, at once", arguments: servers)
    func hourBehind(uri: String) async throws {
        let schema = try await PostgresSchema.make()
        let store = try PostgresStore(schema.uri, lanes: 1, readers: 1, desks: 1, logger: .quiet)
        do {
            try await store.migrate()
            let clock = TestClock()
            clock.set(Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000) - 3_600_000))
            try await look(World(store: store, clock: clock))
        } catch {
            await store.close()
            try await schema.remove()
            throw error
        }
        await store.close()
        try await schema.remove()
    }

    private func look(_ world: World) async throws {
        let fan = try await world.user()
        let (date, seats) = try await world.sale()
        let bought = try await world.buyByCard([seats[0]], points: 0, key: "k", for: fan, of: date)
        _ = try await world.refund(bought.payment, nil)
        #expect(try await world.store.dueRefunds(limit: 9).map(\.payment.id) == [bought.payment.id])
        let charge = try await world.requestCharge(500, to: fan)
        let asked = try await world.request(try await world.hold([seats[1]], for: fan, of: date))
        _ = try await world.begin(asked, key: "asked")
        let held = try await world.hold([seats[2]], for: fan, of: date, seconds: 1)
        var (holds, charges, unknown): ([ExpireHold], [PaymentID], [PaymentID]) = ([], [], [])
        let limit = ContinuousClock.now + .seconds(40)
        while holds.isEmpty || charges.isEmpty || unknown.isEmpty, ContinuousClock.now < limit {
            holds = try await world.store.overdueHolds(limit: 9)
            charges = try await world.store.overdueCharges(olderThanSeconds: 1, limit: 9).map(\.paymentID)
            unknown = try await world.store.unknownPayments(limit: 9).map(\.id)
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(holds.map(\.reservationID) == [held.id])
        #expect(charges == [charge.id])
        #expect(unknown == [asked.id])
    }
}
