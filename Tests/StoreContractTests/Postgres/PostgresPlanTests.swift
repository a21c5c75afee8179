import Domain
import Ports
import Testing

@testable import StorePostgres

@Suite("PostgreSQL finds every row through an index")
struct PostgresPlanTests {
    /// Statements that read a whole table, each for a reason. Counting the outbox and looking through all of it walk
    /// along its index, which is the same thing: it is short.
    private static let scans: Set<String> = [
        // A row a migration.
        MigrationStatement.found.rawValue
    ]

    /// The plans of all statements that a connection has prepared, as it would run them. With sequential scans made
    /// unattractive, one that is left means that no index can answer.
    private static func plans(_ db: Connection) throws -> [(sql: String, plan: [String])] {
        try db.run(Request(sql: "SELECT set_config('enable_seqscan', 'off', false)"))
        try db.run(Request(sql: "SELECT set_config('plan_cache_mode', 'force_generic_plan', false)"))
        // Plans that were made before are kept otherwise, for as long as nothing else makes the server forget them.
        try db.run(Request(sql: "DISCARD PLANS"))
        let list = """
            SELECT name, statement, array_to_string(ARRAY(SELECT 'NULL::' || t FROM unnest(parameter_types) AS t), ',')
            FROM pg_prepared_statements
            """
        return try db.run(Request(sql: list)).all { row in (row.text(0), row.text(1), row.text(2)) }
            .filter { _, sql, _ in ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].contains { sql.hasPrefix($0) } }
            .map { name, sql, values in
                let call = values.isEmpty ? name : "\(name)(\(values))"
                return (sql, try db.run(Request(sql: "EXPLAIN EXECUTE \(call)")).all { $0.text(0) })
            }
    }

    /// The plan with which the connection finds what fans hold, as it is kept.
    private static func planOfClaims(_ db: Connection) throws -> [String] {
        let find = """
            SELECT name FROM pg_prepared_statements
            WHERE statement LIKE '%AS fan (user_id, date_id)%JOIN%' AND statement NOT LIKE '%pg_prepared_statements%'
            """
        let name = try db.run(Request(sql: find)).all { $0.text(0) }[0]
        return try db.run(Request(sql: "EXPLAIN EXECUTE \(name)(NULL, NULL)")).all { $0.text(0) }
    }

    /// Does at least once whatever there is to do.
    private func useEverything(_ world: World) async throws {
        let store = world.store
        let fan = try await world.user()
        let (date, seats) = try await world.sale()
        let bought = try await world.buy([seats[0], seats[1]], for: fan, of: date)
        _ = try await world.run(.checkIn(CheckIn(code: bought.tickets[0].code, gate: nil)))
        _ = try await world.run([], answers: [world.answer(1)])
        _ = try await world.refund(bought.payment, [bought.tickets[1].id])
        let held = try await world.hold([seats[2]], for: fan, of: date)
        _ = try await world.run([.release(ReleaseHold(userID: fan.id, reservationID: held.id))])
        let events = try await store.undelivered(limit: 10)
        try await store.markDelivered(events.map(\.id))
        try await store.add(events) { _ in [] }
        _ = try await store.figures(of: date.id, since: world.clock.now())
        _ = try await store.undeliveredCount()
        _ = try await store.overdueHolds(limit: 1)
        _ = try await store.forgetAnswers(olderThanSeconds: 0, limit: 1)
        try await usePayments(world, for: fan, of: date, seat: seats[3])
        _ = try await store.reservations(of: fan.id, before: nil, limit: 1)
        _ = try await store.tickets(of: fan.id, before: nil, limit: 1)
        _ = try await store.tickets(of: bought.reservation.id)
        _ = try await store.ticket(bought.tickets[0].id)
        _ = try await store.transfers(of: fan.id, before: nil, limit: 1)
        _ = try await store.concerts(search: "a", includeDrafts: false, before: nil, limit: 1)
        _ = try await store.dates(of: date.concertID)
        _ = try await store.dates(closingAfter: world.clock.now(), limit: 1)
        _ = try await store.seats(of: date.id)
        _ = try await store.layout(of: date.id)
        _ = try await store.staffActions(before: nil, limit: 1)
        _ = try await store.credentials(email: fan.email)
        _ = try await store.answer(world.answer(1).scope)
        try await store.forgetSessions(expiredForSeconds: 0)
        let mails = try #require(store as? any MailStore)
        try await mails.spool(of: events)
        _ = try await mails.takeDueMails(limit: 5, forSeconds: 60)
        try await mails.postponeMail(of: events[0].id, bySeconds: 1, reason: "")
        try await mails.giveBackMails(of: [events[1].id])
        try await mails.endMails(of: [events[0].id], .sent)
        _ = try await mails.waitingMailCount()
        _ = try await mails.forgetMails(olderThanSeconds: 0, limit: 1)
        _ = try await store.delete(date.concertID, action: nil)
        let rooms = try #require(store as? any QueueJoinStore)
        try await rooms.remember([QueueJoin(fan: fan.id, number: 1)], of: date.id)
        _ = try await rooms.joins(of: date.id, after: nil, limit: 1)
        try await rooms.forget([fan.id], of: date.id)
        try await useWebhooks(world)
    }

    private func useWebhooks(_ world: World) async throws {
        let (store, staff) = (try world.webhooks, try await world.user(role: .staff))
        let endpoint = try await world.endpoint(of: staff)
        let delivery = world.delivery(to: endpoint)
        try await store.add([delivery], answer: nil)
        _ = try await store.enabledWebhooks(limit: 1)
        _ = try await store.webhooks(of: staff.id, before: nil, limit: 1)
        _ = try await store.webhooks(of: nil, before: nil, limit: 1)
        _ = try await store.webhook(endpoint.id)
        _ = try await store.webhooksOfFormerStaff(limit: 1)
        _ = try await store.change(endpoint.id) { before, _ in WebhookChange(before, action: nil) }
        _ = try await store.bringForward(of: endpoint.id, after: nil, limit: 1)
        _ = try await store.dueWebhooks(areFailing: false, after: nil, limit: 1)
        _ = try await world.due(endpoint)
        try await world.record(.delivered, of: delivery)
        _ = try await store.deliveries(of: endpoint.id, status: nil, before: nil, limit: 1)
        _ = try await store.deliveries(of: endpoint.id, status: .failed, before: nil, limit: 1)
        _ = try await store.delivery(delivery.id)
        _ = try await store.attempts(of: delivery.id)
        let replayed = world.action(.webhookReplayed, on: ID(delivery.id), by: staff.id)
        _ = try await store.replay(delivery.id, action: replayed) { _ in nil }
        let deleted = world.action(.webhookDeleted, on: ID(endpoint.id), by: staff.id)
        _ = try await store.deleteWebhook(endpoint.id, action: deleted)
        _ = try await store.forgetDeliveries(olderThanSeconds: 0, limit: 2)
    }

    private func usePayments(_ world: World, for fan: User, of date: ConcertDate, seat: SeatID) async throws {
        let store = world.store
        let late = try await world.payTooLate([seat], points: 1, key: "k", for: fan, of: date)
        let bought = try await world.complete(late.payment, key: "k", .captured(amount: late.payment.card))
        _ = try await world.refund(bought.payment, nil)
        let refund = try #require(try await store.refunds(of: bought.payment.id).first)
        _ = try await world.settle(refund, .done)
        _ = try await store.unknownPayments(limit: 1)
        _ = try await store.dueRefunds(limit: 1)
        _ = try await store.payments([bought.payment.id])
        _ = try await store.cardPayments(after: nil, limit: 1)
        _ = try await store.cardPayments([bought.payment.id])
        _ = try await store.overdueCharges(olderThanSeconds: 1, limit: 1)
        _ = try await store.paymentFigures()
    }

    @Test(
        "No statement but those that must reads a whole table",
        .enabled(if: PostgresContract.uri != nil, "JARI_TEST_POSTGRES names no server"))
    func noScan() async throws {
        let schema = try await PostgresSchema.make()
        let clock = TestClock()
        // One connection of each kind that a test can get hold of, so that all statements are found on it.
        let store = try PostgresStore(schema.uri, lanes: 1, readers: 1, desks: 1, clock: clock, logger: .quiet)
        try await store.migrate()
        try await useEverything(World(store: store, clock: clock))
        let plans =
            try await store.onLane("explain") { try Self.plans($0) } + store.write("explain") { try Self.plans($0) }
            + store.read("explain") { try Self.plans($0) }
        #expect(plans.count > 60)
        for (sql, plan) in plans {
            let scan = plan.first { $0.contains("Seq Scan") }
            #expect((scan != nil) == Self.scans.contains(sql), "\(sql)\n\(plan.joined(separator: "\n"))")
            // A list that was sent is looked up in an index. As a filter it would be gone through for every row.
            let filter = plan.first { $0.contains("Filter:") && $0.contains("= ANY ($") }
            #expect(filter == nil, "\(sql)\n\(plan.joined(separator: "\n"))")
        }
        await store.close()
        try await schema.remove()
    }

    @Test(
        "A plan that was made for an empty table is forgotten as the table grows",
        .enabled(if: PostgresContract.uri != nil, "JARI_TEST_POSTGRES names no server"))
    func plansFollowGrowth() async throws {
        let schema = try await PostgresSchema.make()
        let clock = TestClock()
        let store = try PostgresStore(schema.uri, lanes: 1, readers: 1, desks: 1, clock: clock, logger: .quiet)
        try await store.migrate()
        let world = World(store: store, clock: clock)
        let (date, seats) = try await world.sale()
        let fan = try await world.user()
        try await store.write("analyze") { _ = try $0.run(Request(sql: "ANALYZE reservations")) }
        _ = try await world.hold([seats[0]], for: fan, of: date)
        let fill = """
            INSERT INTO reservations
                (id, date_id, user_id, status, seat_count, amount, expires_at, created_at, version, is_over)
            SELECT gen_random_uuid(), d.id, gen_random_uuid(), 'PENDING', 1, 1, now() + interval '1 day', now(), 1, false
            FROM dates AS d, generate_series(1, 20000)
            """
        try await store.write("fill") { _ = try $0.run(Request(sql: fill)) }
        // Whatever begins a transaction on the lane will do.
        let limit = ContinuousClock.now + .milliseconds(Connection.plansKeptMs * 4)
        var plan: [String] = []
        repeat {
            _ = try await world.charge(1, to: fan)
            plan = try await store.onLane("explain") { try Self.planOfClaims($0) }
        } while !plan.contains { $0.contains("Index Cond: ((user_id = fan.user_id)") } && ContinuousClock.now < limit
        #expect(
            plan.contains { $0.contains("Index Cond: ((user_id = fan.user_id)") }, "\(plan.joined(separator: "\n"))")
        await store.close()
        try await schema.remove()
    }

    @Test(
        "Connections that read forget their plans, too",
        .enabled(if: PostgresContract.uri != nil, "JARI_TEST_POSTGRES names no server"))
    func readersPlansFollowGrowth() async throws {
        let schema = try await PostgresSchema.make()
        let store = try PostgresStore(schema.uri, readers: 1, desks: 1, logger: .quiet)
        try await store.migrate()
        // The plan of a statement without parameters is made once. Its estimates tell how large the table was.
        let read = "SELECT count(*) FROM queue_joins /* growth */"
        let find = "SELECT name FROM pg_prepared_statements WHERE statement = '\(read)'"
        func plan() async throws -> [String] {
            try await store.read("explain") { db in
                let name = try db.run(Request(sql: find)).all { $0.text(0) }[0]
                return try db.run(Request(sql: "EXPLAIN EXECUTE \(name)")).all { $0.text(0) }
            }
        }
        _ = try await store.read("count") { _ = try $0.run(Request(sql: read)) }
        let before = try await plan()
        let fill = """
            INSERT INTO queue_joins (date_id, user_id, number)
            SELECT gen_random_uuid(), gen_random_uuid(), number FROM generate_series(1, 20000) AS number
            """
        try await store.write("fill") { _ = try $0.run(Request(sql: fill)) }
        let limit = ContinuousClock.now + .milliseconds(Connection.plansKeptMs * 4)
        while try await plan() == before, ContinuousClock.now < limit {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(try await plan() != before)
        await store.close()
        try await schema.remove()
    }

    @Test(
        "No check of the audit looks for each row in a list that may not fit into memory",
        .enabled(if: PostgresContract.uri != nil, "JARI_TEST_POSTGRES names no server"))
    func auditPlans() async throws {
        let schema = try await PostgresSchema.make()
        let store = try PostgresStore(schema.uri, readers: 1, desks: 1, logger: .quiet)
        try await store.migrate()
        let plans = try await store.read("explain") { db in
            try AuditStatement.allCases.map { statement in
                (statement, try db.run(Request(sql: "EXPLAIN " + statement.rawValue)).all { $0.text(0) })
            }
        }
        // What `NOT IN (SELECT …)` under an `OR` becomes: hashed as long as it fits, else read through for each row.
        for (statement, plan) in plans {
            let list = plan.first { $0.contains("NOT (hashed SubPlan") || $0.contains("NOT (SubPlan") }
            #expect(list == nil, "\(statement)\n\(plan.joined(separator: "\n"))")
        }
        await store.close()
        try await schema.remove()
    }
}
