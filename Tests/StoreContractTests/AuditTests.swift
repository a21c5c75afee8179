import Domain
import Foundation
import Ports
import Testing

/// Each test sells a little, breaks one row behind the store's back, and expects the audit to name it.
@Suite("The audit finds what is broken")
struct AuditTests {
    /// One ticket bought, one hold under way, one ticket refunded.
    private struct Sales {
        let contract: any StoreContract
        let world: World
        var store: any Store { world.store }
        let fan: User
        let date: ConcertDate
        let seats: [SeatID]
        let bought: (reservation: Reservation, payment: Payment, tickets: [Ticket])
        let held: Reservation

        /// The id as the store's SQL spells it.
        func sql<Entity>(_ id: ID<Entity>) -> String { contract.literal("\(id)") }
    }

    private func withSales(_ contract: any StoreContract, _ body: (Sales) async throws -> Void) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale(seatsPerFanMax: 10)
            let bought = try await world.buy([seats[0], seats[1]], for: fan, of: date)
            let held = try await world.hold([seats[2]], for: fan, of: date)
            let refunded = try await world.buy([seats[3]], for: fan, of: date)
            _ = try await world.refund(refunded.payment, nil)
            try await world.expectCleanAudit()
            try await body(
                Sales(
                    contract: contract, world: world, fan: fan, date: date, seats: seats, bought: bought, held: held))
        }
    }

    /// Breaks something and returns what the audit says of one title.
    private func violations(_ title: String, in sales: Sales, after sql: String) async throws -> [String] {
        try await sales.contract.tamper(with: sales.store, sql)
        let finding = try #require(try await sales.store.audit().findings.first { $0.title == title })
        #expect(finding.violations == finding.examples.count)
        return finding.examples
    }

    @Test("I1: two good tickets for one seat", arguments: contracts)
    func twoTickets(contract: any StoreContract) async throws {
        try await withSales(contract) { sales in
            let (ticket, copy) = (sales.bought.tickets[0], sales.world.id() as TicketID)
            let found = try await violations(
                "a seat with two good tickets", in: sales,
                after: """
                    DROP INDEX one_good_ticket_per_seat;
                    INSERT INTO tickets
                        (id, reservation_id, seat_id, date_id, user_id, secret, status, used_at, used_gate, created_at)
                    SELECT \(sales.sql(copy)), reservation_id, seat_id, date_id, user_id, secret, status, used_at, used_gate,
                        created_at
                    FROM tickets WHERE id = \(sales.sql(ticket.id));
                    """)
            #expect(found == ["\(ticket.seat.id)"])
        }
    }

    @Test("I1: a seat of a live hold taken by another", arguments: contracts)
    func twoOwners(contract: any StoreContract) async throws {
        try await withSales(contract) { sales in
            let thief = sales.world.id() as ReservationID
            let found = try await violations(
                "a seat with two owners", in: sales,
                after: """
                    INSERT INTO reservations
                        (id, date_id, user_id, status, seat_count, amount, expires_at, created_at, version, is_over)
                    SELECT \(sales.sql(thief)), date_id, user_id, status, seat_count, amount, expires_at, created_at, version, is_over
                    FROM reservations WHERE id = \(sales.sql(sales.held.id));
                    INSERT INTO reservation_seats
                    SELECT \(sales.sql(thief)), seat_id, fence + 1, grade, grade_name, price
                    FROM reservation_seats WHERE reservation_id = \(sales.sql(sales.held.id));
                    """)
            #expect(found == ["\(sales.seats[2])"])
        }
    }

    @Test("I1: a seat that shows another state than its reservation, or a wrong fence", arguments: contracts)
    func contradiction(contract: any StoreContract) async throws {
        for change in ["state = 'CONFIRMED'", "fence = fence + 1", "held_until = \(contract.later("held_until"))"] {
            try await withSales(contract) { sales in
                let found = try await violations(
                    "a seat that contradicts its reservation", in: sales,
                    after: "UPDATE seats SET \(change) WHERE id = \(sales.sql(sales.seats[2]))")
                #expect(found == ["\(sales.seats[2])"], "\(change)")
            }
        }
    }

    @Test("I1: a live hold whose seat was freed", arguments: contracts)
    func lostSeat(contract: any StoreContract) async throws {
        try await withSales(contract) { sales in
            let found = try await violations(
                "a live reservation that lost a seat", in: sales,
                after: """
                    UPDATE seats SET state = 'AVAILABLE', reservation_id = NULL, held_until = NULL, fence = fence + 1
                    WHERE id = \(sales.sql(sales.seats[2]))
                    """)
            #expect(found == ["\(sales.held.id)"])
        }
    }

    @Test("I2: a paid reservation without its payment, without a ticket, without its event", arguments: contracts)
    func incomplete(contract: any StoreContract) async throws {
        for removal in [
            "DELETE FROM payments WHERE reservation_id = ?",
            "UPDATE tickets SET status = 'VOID' WHERE reservation_id = ?",
            "DELETE FROM events WHERE kind = 'reservation.paid' AND subject_id = ?",
        ] {
            try await withSales(contract) { sales in
                let id = sales.bought.reservation.id
                let found = try await violations(
                    "a paid reservation without its payment, a ticket or its event", in: sales,
                    after: removal.replacingOccurrences(of: "?", with: sales.sql(id)))
                #expect(found == ["\(id)"], "\(removal)")
            }
        }
    }

    @Test("I2: payment, tickets, seats and event of a reservation that is not paid", arguments: contracts)
    func theOtherWayRound(contract: any StoreContract) async throws {
        try await withSales(contract) { sales in
            let id = sales.bought.reservation.id
            let payments = try await violations(
                "a captured payment of a reservation that is not paid", in: sales,
                after: "UPDATE reservations SET status = 'CANCELLED' WHERE id = \(sales.sql(id))")
            #expect(payments == ["\(sales.bought.payment.id)"])
            let tickets = try await violations(
                "a good ticket of a reservation that is not paid", in: sales, after: "SELECT 1")
            #expect(Set(tickets) == Set(sales.bought.tickets.map { "\($0.id)" }))
            let events = try await violations(
                "an event of payment of a reservation that was not paid", in: sales, after: "SELECT 1")
            #expect(events == ["\(id)"])
        }
    }

    @Test("I2: a paid seat whose ticket is void", arguments: contracts)
    func paidSeat(contract: any StoreContract) async throws {
        try await withSales(contract) { sales in
            let found = try await violations(
                "a paid seat without a good ticket", in: sales,
                after: "UPDATE tickets SET status = 'VOID' WHERE id = \(sales.sql(sales.bought.tickets[1].id))")
            #expect(found == ["\(sales.seats[1])"])
        }
    }

    @Test("I3: a wallet with money from nowhere, and with it a ledger that does not sum to zero", arguments: contracts)
    func wallet(contract: any StoreContract) async throws {
        try await withSales(contract) { sales in
            let found = try await violations(
                "a wallet that is not its ledger's sum", in: sales,
                after: "UPDATE wallets SET balance = balance + 1 WHERE user_id = \(sales.sql(sales.fan.id))")
            #expect(found == ["\(sales.fan.id)"])
            let sum = try await violations("a ledger that does not sum to zero", in: sales, after: "SELECT 1")
            #expect(sum.count == 1)
        }
    }

    @Test("I3: a transfer between accounts that do not belong together", arguments: contracts)
    func transfer(contract: any StoreContract) async throws {
        try await withSales(contract) { sales in
            let transfer = try #require(
                try await sales.store.transfers(of: sales.fan.id, before: nil, limit: 1).first)
            let found = try await violations(
                "a transfer between accounts that do not belong together", in: sales,
                after:
                    "UPDATE transfers SET from_account = \(sales.sql(sales.date.id)) WHERE id = \(sales.sql(transfer.id))"
            )
            #expect(found == ["\(transfer.id)"])
        }
    }

    @Test("I4: a payment smaller than the tickets it paid for", arguments: contracts)
    func payment(contract: any StoreContract) async throws {
        try await withSales(contract) { sales in
            let found = try await violations(
                "a reservation whose payments less refunds are not its tickets' prices", in: sales,
                after: "UPDATE payments SET amount = amount - 1 WHERE id = \(sales.sql(sales.bought.payment.id))")
            #expect(found == ["\(sales.bought.reservation.id)"])
            let ledger = try await violations(
                "a payment with points that is not its transfers' sum", in: sales, after: "SELECT 1")
            #expect(ledger == ["\(sales.bought.payment.id)"])
        }
    }

    @Test("I4: a captured payment of which something was refunded", arguments: contracts)
    func refund(contract: any StoreContract) async throws {
        try await withSales(contract) { sales in
            let found = try await violations(
                "a payment whose refund does not fit its status", in: sales,
                after: "UPDATE payments SET refunded = 1 WHERE id = \(sales.sql(sales.bought.payment.id))")
            #expect(found == ["\(sales.bought.payment.id)"])
        }
    }

    @Test("I5: a change without its event, and one with two", arguments: contracts)
    func eventOfChange(contract: any StoreContract) async throws {
        for change in [
            "UPDATE reservations SET version = version + 1 WHERE id = ?",
            """
            INSERT INTO events
            SELECT \(contract.literal("00000000-0000-0000-0000-000000000000")), kind, subject_id, version, date_id, user_id, amount, seats, at
            FROM events WHERE subject_id = ?
            """,
        ] {
            try await withSales(contract) { sales in
                let found = try await violations(
                    "a reservation without exactly one event for each change", in: sales,
                    after: change.replacingOccurrences(of: "?", with: sales.sql(sales.held.id)))
                #expect(found == ["\(sales.held.id)"], "\(change)")
            }
        }
    }

    @Test("I5: a reservation in another state than its last event told", arguments: contracts)
    func lastEvent(contract: any StoreContract) async throws {
        try await withSales(contract) { sales in
            let found = try await violations(
                "a reservation that its last event contradicts", in: sales,
                after: "UPDATE reservations SET status = 'EXPIRED' WHERE id = \(sales.sql(sales.held.id))")
            #expect(found == ["\(sales.held.id)"])
        }
    }

    @Test("I5: an event of a reservation that does not exist", arguments: contracts)
    func orphanEvent(contract: any StoreContract) async throws {
        try await withSales(contract) { sales in
            let found = try await violations(
                "an event of a reservation that does not exist", in: sales,
                after: """
                    INSERT INTO events VALUES (\(sales.sql(sales.world.id(of: Event.self))), 'reservation.held',
                        \(sales.sql(sales.world.id(of: Event.self))), 1, NULL, NULL, 0, \(contract.noBytes), \(contract.moment))
                    """)
            #expect(found.count == 1)
        }
    }

    @Test("I5: a used ticket and a charge without their events", arguments: contracts)
    func otherEvents(contract: any StoreContract) async throws {
        try await withSales(contract) { sales in
            let ticket = sales.bought.tickets[0].id
            let tickets = try await violations(
                "a ticket whose use and events differ", in: sales,
                after:
                    "UPDATE tickets SET status = 'USED', used_at = \(contract.moment) WHERE id = \(sales.sql(ticket))")
            #expect(tickets == ["\(ticket)"])
            let charges = try await violations(
                "a charge without exactly one event", in: sales,
                after: "DELETE FROM events WHERE kind = 'points.charged'")
            #expect(charges.count == 2)
        }
    }

    @Test("I6: a seat held by a reservation that is over", arguments: contracts)
    func overButHeld(contract: any StoreContract) async throws {
        try await withSales(contract) { sales in
            let found = try await violations(
                "a seat held by a reservation that is over", in: sales,
                after: "UPDATE reservations SET status = 'EXPIRED' WHERE id = \(sales.sql(sales.held.id))")
            #expect(found == ["\(sales.seats[2])"])
        }
    }

    @Test("Examples stop at ten, counting does not; and what was looked at is counted", arguments: contracts)
    func examples(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            for _ in 0..<12 { _ = try await world.charge(1, to: fan) }
            try await contract.tamper(with: world.store, "DELETE FROM events")
            let report = try await world.store.audit()
            let finding = try #require(report.findings.first { $0.violations > 0 })
            #expect(finding.invariant == "I5")
            #expect(finding.violations == 12)
            #expect(finding.examples.count == 10)
            #expect(!report.isClean)
            #expect(report.counts.first { $0.name == "transfers" }?.count == 12)
        }
    }
}

extension World {
    fileprivate func id<Entity>(of entity: Entity.Type) -> ID<Entity> { id() }
}
