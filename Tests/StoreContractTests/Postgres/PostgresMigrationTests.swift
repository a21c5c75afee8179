import Domain
import Ports
import Testing

@testable import StorePostgres

@Suite("A PostgreSQL database of an earlier schema is brought to this one while its program runs")
struct PostgresMigrationTests {
    private static let contract = PostgresContract()

    /// A schema as the program of version 1 left it, with the sample sale, migrated.
    private func withMigrated(_ body: (PostgresSchema, PostgresStore) async throws -> Void) async throws {
        let schema = try await PostgresSchema.make()
        let pool = LanePool(try Address(schema.uri), role: .migrator, count: 1, logger: .quiet)
        let made = await pool.run({ "make the first schema" }) { db in
            try db.run(Request(MigrationStatement.makeTable))
            for statement in Migration0001.statements { try db.run(Request(sql: statement)) }
            try db.run(Request(MigrationStatement.note, Migration0001.version, Migration0001.oldestProgram))
        }
        await pool.close()
        try made.get()
        try await schema.run(FirstSchema.sale(for: Self.contract))
        let store = try PostgresStore(schema.uri, readers: 1, desks: 1, clock: TestClock(), logger: .quiet)
        do {
            try await store.migrate()
            try await body(schema, store)
        } catch {
            await store.close()
            try await schema.remove()
            throw error
        }
        await store.close()
        try await schema.remove()
    }

    @Test(
        "Payments, transfers and all that refers to them are as they were",
        .enabled(if: PostgresContract.uri != nil, "JARI_TEST_POSTGRES names no server"))
    func everythingIsKept() async throws {
        try await withMigrated { _, store in try await FirstSchema.expectSale(in: store) }
    }

    @Test(
        "Every constraint is checked for the rows of before, too",
        .enabled(if: PostgresContract.uri != nil, "JARI_TEST_POSTGRES names no server"))
    func constraintsAreValid() async throws {
        try await withMigrated { schema, _ in
            let unchecked = try await schema.rows(
                """
                SELECT conname FROM pg_constraint
                WHERE connamespace = current_schema()::regnamespace AND NOT convalidated
                """)
            #expect(unchecked.isEmpty)
        }
    }

    @Test(
        "The program of the first schema may still run beside it, and the payments that it inserts are with points",
        .enabled(if: PostgresContract.uri != nil, "JARI_TEST_POSTGRES names no server"))
    func previousProgram() async throws {
        try await withMigrated { schema, store in
            let oldest = try await schema.rows("SELECT max(oldest_program)::text FROM schema_versions")
            #expect(oldest == ["1"])
            let id: PaymentID = ID(high: 0x019a_acd0_5c00_7001, low: 0x8000_0000_0000_0001)
            let literal = Self.contract.literal
            try await schema.run(
                FirstSchema.payment(
                    literal("\(id)"), of: literal("\(FirstSchema.paid)"), by: literal("\(FirstSchema.fan)"),
                    at: Self.contract.moment))
            let payment = try #require(try await store.payment(id))
            #expect(payment.method == .points)
            #expect(payment.points == payment.amount)
            // A card's money it must not give back as points.
            let world = World(store: store, clock: TestClock())
            let (fan, sale) = (try await world.user(), try await world.sale())
            let bought = try await world.buyByCard([sale.seats[0]], points: 1, key: "k", for: fan, of: sale.date)
            let refund = "UPDATE payments SET status = 'REFUNDED', refunded = amount WHERE id = "
            await #expect(throws: Fault.self) { try await schema.run(refund + literal("\(bought.payment.id)")) }
            try await schema.run(refund + literal("\(id)"))
            _ = try await world.refund(bought.payment, nil)
            // What it asks four times a second, it still finds through an index.
            let plan = try await schema.rows(
                """
                SET enable_seqscan = off;
                EXPLAIN SELECT id FROM reservations
                WHERE status = 'PENDING' AND expires_at <= now() ORDER BY expires_at, id LIMIT 1
                """)
            #expect(plan.contains { $0.contains("held_reservations_by_deadline") }, "\(plan)")
        }
    }
}
