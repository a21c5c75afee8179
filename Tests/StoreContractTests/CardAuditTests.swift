import Domain
import Foundation
import Ports
import Testing

/// Each test sells a little by card, breaks one row behind the store's back, and expects the audit to name it.
@Suite("The audit finds what is broken about card payments")
struct CardAuditTests {
    /// One reservation paid with card and points, of which a ticket was refunded; one that waits for its card, with
    /// points set aside; money that came too late and was given back; points charged by card.
    private struct Sales {
        let contract: any StoreContract
        let world: World
        var store: any Store { world.store }
        let bought: (reservation: Reservation, payment: Payment, tickets: [Ticket])
        let waiting: (reservation: Reservation, payment: Payment)
        let returned: Payment
        let charge: Payment

        /// The id as the store's SQL spells it.
        func sql<Entity>(_ id: ID<Entity>) -> String { contract.literal("\(id)") }
    }

    private func withSales(_ contract: any StoreContract, _ body: (Sales) async throws -> Void) async throws {
        try await World.with(contract) { world in
            let (fan, other) = (try await world.user(), try await world.user("other"))
            let (date, seats) = try await world.sale(seatsPerFanMax: 10)
            let late = try await world.payTooLate([seats[5]], points: 9, key: "late", for: other, of: date)
            _ = try await world.hold([seats[5]], for: fan, of: date)
            let returned = try await world.complete(late.payment, key: "late", .captured(amount: late.payment.card))
            var bought = try await world.buyByCard(
                [seats[0], seats[1]], points: 5_000, key: "bought", for: fan, of: date)
            bought.payment = try await world.refund(bought.payment, [bought.tickets[1].id]).payment
            let charge = try await world.begin(try await world.requestCharge(700, to: fan), key: "charge")
            let charged = try await world.complete(charge, key: "charge", .captured(amount: Won(700)))
            let held = try await world.hold([seats[2]], for: fan, of: date)
            let waiting = try await world.begin(try await world.request(held, points: 300), key: "waiting")
            try await world.expectCleanAudit()
            try await body(
                Sales(
                    contract: contract, world: world, bought: bought, waiting: (held, waiting),
                    returned: returned.payment, charge: charged.payment))
        }
    }

    /// Breaks something and returns what the audit says of one title.
    private func violations(_ title: String, in sales: Sales, after sql: String) async throws -> [String] {
        try await sales.contract.tamper(with: sales.store, sql)
        let finding = try #require(try await sales.store.audit().findings.first { $0.title == title })
        #expect(finding.violations == finding.examples.count)
        return finding.examples
    }

    @Test("I1: a confirmed seat that shows another deadline than its reservation", arguments: contracts)
    func confirmedSeat(contract: any StoreContract) async throws {
        try await withSales(contract) { sales in
            let seat = sales.waiting.reservation.seats[0].id
            let found = try await violations(
                "a seat that contradicts its reservation", in: sales,
                after: "UPDATE seats SET held_until = \(contract.later("held_until")) WHERE id = \(sales.sql(seat))")
            #expect(found == ["\(seat)"])
        }
    }

    @Test(
        "I3: points set aside that no open payment waits with, and open payments without theirs", arguments: contracts)
    func reserved(contract: any StoreContract) async throws {
        for (change, payment) in [
            (
                "UPDATE transfers SET amount = amount + 1 WHERE kind = 'RESERVE' AND payment_id = ?",
                \Sales.waiting.payment
            ),
            ("DELETE FROM transfers WHERE kind = 'RESERVE' AND payment_id = ?", \Sales.waiting.payment),
            ("DELETE FROM house_transfers WHERE from_account = reserved AND payment_id = ?", \Sales.bought.payment),
            ("UPDATE transfers SET amount = 1 WHERE kind = 'RELEASE' AND payment_id = ?", \Sales.returned),
        ] {
            try await withSales(contract) { sales in
                let id = sales[keyPath: payment].id
                let found = try await violations(
                    "a payment whose points set aside are not those that it waits with", in: sales,
                    after: change.replacingOccurrences(of: "?", with: sales.sql(id))
                        .replacingOccurrences(of: "= reserved", with: "= " + sales.sql(Account.reserved)))
                #expect(found == ["\(id)"], "\(change)")
            }
        }
    }

    @Test("I3: a transfer of the house between accounts that do not belong together", arguments: contracts)
    func houseTransfer(contract: any StoreContract) async throws {
        for change in [
            "UPDATE house_transfers SET from_account = to_account, to_account = from_account WHERE payment_id = ?",
            "UPDATE transfers SET kind = 'RELEASE' WHERE kind = 'RESERVE' AND payment_id = ?",
        ] {
            try await withSales(contract) { sales in
                let found = try await violations(
                    "a transfer between accounts that do not belong together", in: sales,
                    after: change.replacingOccurrences(of: "?", with: sales.sql(sales.bought.payment.id)))
                #expect(!found.isEmpty, "\(change)")
            }
        }
    }

    @Test("I4: a card payment of which the ledger has more, less or nothing", arguments: contracts)
    func ledger(contract: any StoreContract) async throws {
        for (change, payment) in [
            ("DELETE FROM house_transfers WHERE from_account = gateway AND payment_id = ?", \Sales.bought.payment),
            (
                "UPDATE house_transfers SET amount = amount + 1 WHERE kind = 'REFUND' AND payment_id = ?",
                \Sales.returned
            ),
            (
                "UPDATE transfers SET amount = amount - 1 WHERE kind = 'REFUND' AND payment_id = ?",
                \Sales.bought.payment
            ),
            ("UPDATE transfers SET amount = amount + 1 WHERE payment_id = ?", \Sales.charge),
            ("UPDATE payments SET status = 'CAPTURED' WHERE id = ?", \Sales.waiting.payment),
            ("UPDATE payments SET status = 'DECLINED' WHERE id = ?", \Sales.charge),
        ] {
            try await withSales(contract) { sales in
                let id = sales[keyPath: payment].id
                let found = try await violations(
                    "a card payment that is not what the ledger has of it", in: sales,
                    after: change.replacingOccurrences(of: "?", with: sales.sql(id))
                        .replacingOccurrences(of: "= gateway", with: "= " + sales.sql(Account.gateway)))
                #expect(found == ["\(id)"], "\(change)")
            }
        }
    }

    @Test("I4: a card payment with a refund too many, too small or missing", arguments: contracts)
    func refunds(contract: any StoreContract) async throws {
        for change in [
            "DELETE FROM refunds WHERE payment_id = ?", "UPDATE refunds SET amount = amount - 1 WHERE payment_id = ?",
            """
            INSERT INTO refunds
            SELECT \(contract.literal("00000000-0000-0000-0000-000000000000")), payment_id, 1, reason, status, try_at, try_count, created_at
            FROM refunds WHERE payment_id = ?
            """,
        ] {
            try await withSales(contract) { sales in
                let id = sales.bought.payment.id
                let found = try await violations(
                    "a card payment whose refunds are not what was given back to the card", in: sales,
                    after: change.replacingOccurrences(of: "?", with: sales.sql(id)))
                #expect(found == ["\(id)"], "\(change)")
            }
        }
    }

    @Test("I5: money given back without its event, and with two", arguments: contracts)
    func returned(contract: any StoreContract) async throws {
        let events = """
            INSERT INTO events
            SELECT \(contract.literal("00000000-0000-0000-0000-000000000000")), kind, subject_id, version, date_id, user_id, amount, seats, at
            FROM events WHERE kind = 'payment.returned' AND subject_id = ?
            """
        try await withSales(contract) { sales in
            let id = sales.returned.id
            let found = try await violations(
                "a payment given back whose events are not one", in: sales,
                after: events.replacingOccurrences(of: "?", with: sales.sql(id)))
            #expect(found == ["\(id)"])
        }
        try await withSales(contract) { sales in
            let reservation = try #require(sales.returned.reservationID)
            let found = try await violations(
                "a reservation whose payments are not those of its events", in: sales,
                after: "DELETE FROM events WHERE kind = 'payment.returned'")
            #expect(found == ["\(reservation)"])
            // As if it had been a charge that did not fit into the wallet.
            let charges = try await violations(
                "a payment given back whose events are not one", in: sales,
                after: """
                    UPDATE payments SET status = 'REFUNDED', refunded = amount WHERE id = \(sales.sql(sales.charge.id))
                    """)
            #expect(charges == ["\(sales.charge.id)"])
        }
    }

    @Test("I5: a refund that failed and nobody was told, and the other way round", arguments: contracts)
    func failedRefund(contract: any StoreContract) async throws {
        try await withSales(contract) { sales in
            let refunds = try await sales.store.refunds(of: sales.bought.payment.id)
            _ = try await sales.world.settle(refunds[0], .refused(code: "CLOSED"))
            try await sales.world.expectCleanAudit()
            let told = try await violations(
                "a refund whose failure and events differ", in: sales,
                after: "UPDATE refunds SET status = 'DONE' WHERE id = \(sales.sql(refunds[0].id))")
            #expect(told == ["\(refunds[0].id)"])
            let untold = try await violations(
                "a refund whose failure and events differ", in: sales,
                after: """
                    UPDATE refunds SET status = 'FAILED' WHERE id = \(sales.sql(refunds[0].id));
                    DELETE FROM events WHERE kind = 'refund.failed'
                    """)
            #expect(untold == ["\(refunds[0].id)"])
        }
    }

    @Test("I6: a confirmed reservation without an open payment, and with two", arguments: contracts)
    func confirmed(contract: any StoreContract) async throws {
        for change in [
            "UPDATE payments SET status = 'DECLINED' WHERE id = payment",
            """
            DROP INDEX one_open_payment_per_reservation;
            UPDATE payments SET status = 'REQUESTED', reservation_id = reservation WHERE id = charge
            """,
        ] {
            try await withSales(contract) { sales in
                let id = sales.waiting.reservation.id
                let found = try await violations(
                    "a confirmed reservation without exactly one open payment", in: sales,
                    after: change.replacingOccurrences(
                        of: "= payment", with: "= " + sales.sql(sales.waiting.payment.id)
                    )
                    .replacingOccurrences(of: "= reservation", with: "= " + sales.sql(id))
                    .replacingOccurrences(of: "= charge", with: "= " + sales.sql(sales.charge.id)))
                #expect(found == ["\(id)"], "\(change)")
            }
        }
    }

    @Test(
        "I6: an open payment whose reservation does not wait, unless it is unknown and the hold ran out",
        arguments: contracts)
    func openPayment(contract: any StoreContract) async throws {
        let title = "an open payment that no reservation waits for"
        for (status, found) in [("PENDING", 1), ("CANCELLED", 1), ("PAID", 1), ("EXPIRED", 0)] {
            try await withSales(contract) { sales in
                let reservation = sales.sql(sales.waiting.reservation.id)
                let payments = try await violations(
                    title, in: sales, after: "UPDATE reservations SET status = '\(status)' WHERE id = \(reservation)")
                #expect(payments == (found == 1 ? ["\(sales.waiting.payment.id)"] : []), "\(status)")
                let requested = try await violations(
                    title, in: sales,
                    after: "UPDATE payments SET status = 'REQUESTED' WHERE id = \(sales.sql(sales.waiting.payment.id))")
                #expect(requested == ["\(sales.waiting.payment.id)"], "\(status)")
            }
        }
    }
}
