import Domain
import Foundation
import Ports
import StoreSQLite
import Testing

/// Each test sells a little, breaks one row behind the store's back, and expects the audit to name it.
@Suite("The audit finds what is broken")
struct AuditTests {
    /// One ticket bought, one hold under way, one ticket refunded.
    private struct Sales {
        let world: World
        let store: SQLiteStore
        let fan: User
        let date: ConcertDate
        let seats: [SeatID]
        let bought: (reservation: Reservation, payment: Payment, tickets: [Ticket])
        let held: Reservation
    }

    private func withSales(_ body: (Sales) async throws -> Void) async throws {
        try await World.with(SQLiteContract()) { world in
            let store = try #require(world.store as? SQLiteStore)
            let fan = try await world.user()
            let (date, seats) = try await world.sale(seatsPerFanMax: 10)
            let bought = try await world.buy([seats[0], seats[1]], for: fan, of: date)
            let held = try await world.hold([seats[2]], for: fan, of: date)
            let refunded = try await world.buy([seats[3]], for: fan, of: date)
            _ = try await world.refund(refunded.payment, nil)
            try await world.expectCleanAudit()
            try await body(
                Sales(
                    world: world, store: store, fan: fan, date: date, seats: seats, bought: bought, held: held))
        }
    }

    /// Breaks something and returns what the audit says of one title.
    private func violations(_ title: String, in sales: Sales, after sql: String) async throws -> [String] {
        try await sales.store.tamper(sql)
        let finding = try #require(try await sales.store.audit().findings.first { $0.title == title })
        #expect(finding.violations == finding.examples.count)
        return finding.examples
    }

    @Test("I1: two good tickets for one seat")
    func twoTickets() async throws {
        try await withSales { sales in
            let (ticket, copy) = (sales.bought.tickets[0], sales.world.id() as TicketID)
            let found = try await violations(
                "a seat with two good tickets", in: sales,
                after: """
                    DROP INDEX one_good_ticket_per_seat;
                    INSERT INTO tickets
                    SELECT \(copy.sql), reservation_id, seat_id, date_id, user_id, secret, status, used_at, used_gate,
                        created_at
                    FROM tickets WHERE id = \(ticket.id.sql);
                    """)
            #expect(found == ["\(ticket.seat.id)"])
        }
    }

    @Test("I1: a seat of a live hold taken by another")
    func twoOwners() async throws {
        try await withSales { sales in
            let thief = sales.world.id() as ReservationID
            let found = try await violations(
                "a seat with two owners", in: sales,
                after: """
                    INSERT INTO reservations
                        (id, date_id, user_id, status, seat_count, amount, expires_at, created_at, version, is_over)
                    SELECT \(thief.sql), date_id, user_id, status, seat_count, amount, expires_at, created_at, version, 0
                    FROM reservations WHERE id = \(sales.held.id.sql);
                    INSERT INTO reservation_seats
                    SELECT \(thief.sql), seat_id, fence + 1, grade, grade_name, price
                    FROM reservation_seats WHERE reservation_id = \(sales.held.id.sql);
                    """)
            #expect(found == ["\(sales.seats[2])"])
        }
    }

    @Test("I1: a seat that shows another state than its reservation, or a wrong fence")
    func contradiction() async throws {
        for change in ["state = 'CONFIRMED'", "fence = fence + 1", "held_until = held_until + 1"] {
            try await withSales { sales in
                let found = try await violations(
                    "a seat that contradicts its reservation", in: sales,
                    after: "UPDATE seats SET \(change) WHERE id = \(sales.seats[2].sql)")
                #expect(found == ["\(sales.seats[2])"], "\(change)")
            }
        }
    }

    @Test("I1: a live hold whose seat was freed")
    func lostSeat() async throws {
        try await withSales { sales in
            let found = try await violations(
                "a live reservation that lost a seat", in: sales,
                after: """
                    UPDATE seats SET state = 'AVAILABLE', reservation_id = NULL, held_until = NULL, fence = fence + 1
                    WHERE id = \(sales.seats[2].sql)
                    """)
            #expect(found == ["\(sales.held.id)"])
        }
    }

    @Test("I2: a paid reservation without its payment, without a ticket, without its event")
    func incomplete() async throws {
        for removal in [
            "DELETE FROM payments WHERE reservation_id = ?",
            "UPDATE tickets SET status = 'VOID' WHERE reservation_id = ?",
            "DROP TRIGGER events_never_go; DELETE FROM events WHERE kind = 'reservation.paid' AND subject_id = ?",
        ] {
            try await withSales { sales in
                let id = sales.bought.reservation.id
                let found = try await violations(
                    "a paid reservation without its payment, a ticket or its event", in: sales,
                    after: removal.replacingOccurrences(of: "?", with: id.sql))
                #expect(found == ["\(id)"], "\(removal)")
            }
        }
    }

    @Test("I2: payment, tickets, seats and event of a reservation that is not paid")
    func theOtherWayRound() async throws {
        try await withSales { sales in
            let id = sales.bought.reservation.id
            let payments = try await violations(
                "a captured payment of a reservation that is not paid", in: sales,
                after: "UPDATE reservations SET status = 'CANCELLED' WHERE id = \(id.sql)")
            #expect(payments == ["\(sales.bought.payment.id)"])
            let tickets = try await violations(
                "a good ticket of a reservation that is not paid", in: sales, after: "SELECT 1")
            #expect(Set(tickets) == Set(sales.bought.tickets.map { "\($0.id)" }))
            let events = try await violations(
                "an event of payment of a reservation that was not paid", in: sales, after: "SELECT 1")
            #expect(events == ["\(id)"])
        }
    }

    @Test("I2: a paid seat whose ticket is void")
    func paidSeat() async throws {
        try await withSales { sales in
            let found = try await violations(
                "a paid seat without a good ticket", in: sales,
                after: "UPDATE tickets SET status = 'VOID' WHERE id = \(sales.bought.tickets[1].id.sql)")
            #expect(found == ["\(sales.seats[1])"])
        }
    }

    @Test("I3: a wallet with money from nowhere, and with it a ledger that does not sum to zero")
    func wallet() async throws {
        try await withSales { sales in
            let found = try await violations(
                "a wallet that is not its ledger's sum", in: sales,
                after: "UPDATE wallets SET balance = balance + 1 WHERE user_id = \(sales.fan.id.sql)")
            #expect(found == ["\(sales.fan.id)"])
            let sum = try await violations("a ledger that does not sum to zero", in: sales, after: "SELECT 1")
            #expect(sum.count == 1)
        }
    }

    @Test("I3: a transfer between accounts that do not belong together")
    func transfer() async throws {
        try await withSales { sales in
            let transfer = try #require(
                try await sales.store.transfers(of: sales.fan.id, before: nil, limit: 1).first)
            let found = try await violations(
                "a transfer between accounts that do not belong together", in: sales,
                after: "UPDATE transfers SET from_account = x'00' WHERE id = \(transfer.id.sql)")
            #expect(found == ["\(transfer.id)"])
        }
    }

    @Test("I4: a payment smaller than the tickets it paid for")
    func payment() async throws {
        try await withSales { sales in
            let found = try await violations(
                "a reservation whose payments less refunds are not its tickets' prices", in: sales,
                after: "UPDATE payments SET amount = amount - 1 WHERE id = \(sales.bought.payment.id.sql)")
            #expect(found == ["\(sales.bought.reservation.id)"])
            let ledger = try await violations(
                "a payment with points that is not its transfers' sum", in: sales, after: "SELECT 1")
            #expect(ledger == ["\(sales.bought.payment.id)"])
        }
    }

    @Test("I4: a captured payment of which something was refunded")
    func refund() async throws {
        try await withSales { sales in
            let found = try await violations(
                "a payment whose refund does not fit its status", in: sales,
                after: "UPDATE payments SET refunded = 1 WHERE id = \(sales.bought.payment.id.sql)")
            #expect(found == ["\(sales.bought.payment.id)"])
        }
    }

    @Test("I5: a change without its event, and one with two")
    func eventOfChange() async throws {
        for change in [
            "UPDATE reservations SET version = version + 1 WHERE id = ?",
            """
            INSERT INTO events
            SELECT zeroblob(16), kind, subject_id, version, date_id, user_id, amount, seats, at
            FROM events WHERE subject_id = ?
            """,
        ] {
            try await withSales { sales in
                let found = try await violations(
                    "a reservation without exactly one event for each change", in: sales,
                    after: change.replacingOccurrences(of: "?", with: sales.held.id.sql))
                #expect(found == ["\(sales.held.id)"], "\(change)")
            }
        }
    }

    @Test("I5: a reservation in another state than its last event told")
    func lastEvent() async throws {
        try await withSales { sales in
            let found = try await violations(
                "a reservation that its last event contradicts", in: sales,
                after: "UPDATE reservations SET status = 'EXPIRED' WHERE id = \(sales.held.id.sql)")
            #expect(found == ["\(sales.held.id)"])
        }
    }

    @Test("I5: an event of a reservation that does not exist")
    func orphanEvent() async throws {
        try await withSales { sales in
            let found = try await violations(
                "an event of a reservation that does not exist", in: sales,
                after: """
                    INSERT INTO events VALUES (\(sales.world.id(of: Event.self).sql), 'reservation.held', x'07', 1, NULL,
                        NULL, 0, x'', 0)
                    """)
            #expect(found.count == 1)
        }
    }

    @Test("I5: a used ticket and a charge without their events")
    func otherEvents() async throws {
        try await withSales { sales in
            let ticket = sales.bought.tickets[0].id
            let tickets = try await violations(
                "a ticket whose use and events differ", in: sales,
                after: "UPDATE tickets SET status = 'USED', used_at = 1 WHERE id = \(ticket.sql)")
            #expect(tickets == ["\(ticket)"])
            let charges = try await violations(
                "a charge without exactly one event", in: sales,
                after: "DROP TRIGGER events_never_go; DELETE FROM events WHERE kind = 'points.charged'")
            #expect(charges.count == 2)
        }
    }

    @Test("I6: a seat held by a reservation that is over")
    func overButHeld() async throws {
        try await withSales { sales in
            let found = try await violations(
                "a seat held by a reservation that is over", in: sales,
                after: "UPDATE reservations SET status = 'EXPIRED' WHERE id = \(sales.held.id.sql)")
            #expect(found == ["\(sales.seats[2])"])
        }
    }

    @Test("Examples stop at ten, counting does not; and what was looked at is counted")
    func examples() async throws {
        try await World.with(SQLiteContract()) { world in
            let store = try #require(world.store as? SQLiteStore)
            let fan = try await world.user()
            for _ in 0..<12 { _ = try await world.charge(1, to: fan) }
            try await store.tamper("DROP TRIGGER events_never_go; DELETE FROM events")
            let report = try await store.audit()
            let finding = try #require(report.findings.first { $0.violations > 0 })
            #expect(finding.invariant == "I5")
            #expect(finding.violations == 12)
            #expect(finding.examples.count == 10)
            #expect(!report.isClean)
            #expect(report.counts.first { $0.name == "transfers" }?.count == 12)
        }
    }
}

extension ID {
    /// The id as SQL spells a blob.
    fileprivate var sql: String { "x'" + description.filter { $0 != "-" } + "'" }
}

extension World {
    fileprivate func id<Entity>(of entity: Entity.Type) -> ID<Entity> { id() }
}
