import Domain
import Foundation
import Logging
import Ports
import Synchronization
import Testing

@testable import StorePostgres

/// Nothing of this runs without a server: `JARI_TEST_POSTGRES` names one.
private let servers = PostgresContract.uri.map { [$0] } ?? []

@Suite("A PostgreSQL server that fails or cannot be used")
struct PostgresStoreTests {
    private func fault(_ uri: String, _ body: (PostgresStore) async throws -> Void) async throws -> Fault? {
        let store = try PostgresStore(uri, lanes: 1, readers: 1, logger: .quiet)
        let fault = await #expect(throws: Fault.self) { try await body(store) }
        await store.close()
        #expect(fault?.description.contains("\n") == false)
        #expect(fault?.description.contains("secret") == false)
        return fault
    }

    /// The server's address with another part.
    private func replacing(_ part: String, by other: String, in uri: String) throws -> String {
        let range = try #require(uri.firstRange(of: part), "\(part) is not in the address of the test server")
        return uri.replacingCharacters(in: range, with: other)
    }

    @Test("An address that is none is refused without being repeated")
    func notAnAddress() {
        for uri in ["mysql://a:secret@b/c", "postgres://a:se%zz@b/c", "postgres://a:secret@[b/c"] {
            let fault = #expect(throws: Fault.self) { try PostgresStore(uri, logger: .quiet) }
            #expect(fault?.code == .broken)
            #expect(fault?.description.contains("secret") == false)
            #expect(fault?.description.contains("se%zz") == false)
        }
    }

    @Test("A server that is not there is named, and callers learn it at once")
    func unreachable() async throws {
        let fault = try await fault("postgres://jari:secret@127.0.0.1:1/jari") { try await $0.check() }
        #expect(fault?.code == .unavailable)
        #expect(fault?.attempt == "check PostgreSQL at 127.0.0.1:1/jari")
        #expect(
            fault?.reason.hasSuffix(
                "Connection refused Is the server running on that host and accepting TCP/IP connections?") == true)
    }

    @Test("A wrong password and a database that is missing are told in the server's words", arguments: servers)
    func refusedLogin(uri: String) async throws {
        let address = try #require(URLComponents(string: uri))
        let (user, secret) = (try #require(address.user), try #require(address.password))
        let wrong = try replacing(":\(secret)@", by: ":wrong@", in: uri)
        let password = try await fault(wrong) { try await $0.migrate() }
        #expect(password?.code == .unavailable)
        #expect(password?.reason.hasSuffix("FATAL: password authentication failed for user \"\(user)\"") == true)
        let database = try await fault(uri + "_not_there") { try await $0.migrate() }
        #expect(database?.reason.contains("does not exist") == true)
    }

    @Test("A server that may only be read is not written to", arguments: servers)
    func readOnly(uri: String) async throws {
        let option = (uri.contains("?") ? "&" : "?") + "target_session_attrs=any"
        let fault = try await fault(uri + option + "&options=-cdefault_transaction_read_only%3Don") { store in
            try await store.check()
        }
        #expect(fault?.code == .unavailable)
        #expect(fault?.reason.hasSuffix("only reads: default_transaction_read_only is on") == true)
        let plain = try await self.fault(uri + "?options=-cdefault_transaction_read_only%3Don") { try await $0.check() }
        #expect(plain?.reason.hasSuffix("session is read-only") == true)
    }

    @Test("A schema that is missing, or newer than the program, is told with both versions", arguments: servers)
    func schemaVersions(uri: String) async throws {
        let schema = try await PostgresSchema.make()
        let missing = try await fault(schema.uri) { try await $0.check() }
        #expect(missing?.code == .unavailable)
        let needed = "has schema version 0, this program needs \(Schema.version): run jari migrate"
        #expect(missing?.reason.hasSuffix(needed) == true)

        let store = try PostgresStore(schema.uri, logger: .quiet)
        try await store.migrate()
        try await store.check()
        // A program that is older by one version, and is allowed to run beside the newer one.
        try await schema.run("INSERT INTO schema_versions (version, oldest_program) VALUES (98, 1)")
        try await store.migrate()
        try await store.check()
        await store.close()

        try await schema.run("INSERT INTO schema_versions (version, oldest_program) VALUES (99, 99)")
        let newer = try await fault(schema.uri) { try await $0.migrate() }
        #expect(newer?.code == .broken)
        let refused = "has schema version 99, newer than version \(Schema.version) of this program"
        #expect(newer?.reason.hasSuffix(refused) == true)
        let used = try await fault(schema.uri) { _ = try await $0.concert(ConcertID(high: 0, low: 0)) }
        #expect(used?.reason == newer?.reason)
        try await schema.remove()
    }

    @Test("Programs that start together migrate once", arguments: servers)
    func migrateTogether(uri: String) async throws {
        let schema = try await PostgresSchema.make()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let store = try PostgresStore(schema.uri, lanes: 1, readers: 1, logger: .quiet)
                    try await store.migrate()
                    try await store.check()
                    await store.close()
                }
            }
            try await group.waitForAll()
        }
        #expect(try await schema.rows("SELECT count(*)::text FROM schema_versions") == ["\(Schema.version)"])
        try await schema.remove()
    }

    @Test("Connections that are cut again and again lose no effect and double none", arguments: servers)
    func killedBackends(uri: String) async throws {
        try await World.with(PostgresContract()) { world in
            let store = try #require(world.store as? PostgresStore)
            let schema = try #require(PostgresSchema.ofStores.withLock { $0[ObjectIdentifier(store)] })
            let fan = try await world.user()
            let killer = Task {
                var killed = 0
                while !Task.isCancelled {
                    let rows = try await schema.rows(
                        """
                        SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity
                        WHERE pid <> pg_backend_pid()
                            AND pid IN (SELECT pid FROM pg_locks WHERE relation = 'wallets'::regclass)
                        """)
                    killed += rows.count
                }
                return killed
            }
            // Each charge has a record of its own, as a request has: that tells whether it was done.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number: UInt64 in 1...300 { group.addTask { try await chargeOnce(fan, number, in: world) } }
                try await group.waitForAll()
            }
            killer.cancel()
            #expect(try await killer.value > 0)
            #expect(try await store.wallet(of: fan.id).balance == Won(300))
            try await world.expectCleanAudit()
        }
    }

    /// Charges 1 won, trying again until it is known to be done.
    private func chargeOnce(_ fan: User, _ number: UInt64, in world: World) async throws {
        let charge = Command.charge(ChargePoints(userID: fan.id, amount: Won(1)))
        let answer = world.answer(number)
        for _ in 0..<100 {
            do throws(Fault) {
                var keys = RowKeys()
                charge.addKeys(to: &keys)
                keys.answers = [answer.scope]
                let id: UInt64 = number
                try await world.store.commit(keys) { rows, now in
                    guard rows.answers[answer.scope] == nil else { return }
                    var ids = IDSource(random: SplitMix(seed: id))
                    guard let decision = try? charge.decide(on: rows, ids: &ids, now: now) else { return }
                    rows.apply(decision)
                    rows.remember(answer)
                }
                return
            } catch {
                guard error.code != .constraint, error.code != .broken else { throw error }
            }
        }
        throw Unexpected()
    }

    @Test("A batch is decided at the server's time, in whole milliseconds", arguments: servers)
    func serverTime(uri: String) async throws {
        let schema = try await PostgresSchema.make()
        let store = try PostgresStore(schema.uri, lanes: 1, readers: 1, logger: .quiet)
        try await store.migrate()
        func serverMs() async throws -> Int64 {
            let rows = try await schema.rows("SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::text")
            return try #require(rows.first.flatMap { Int64($0) })
        }
        let before = try await serverMs()
        let now = try await store.commit(RowKeys()) { _, now in now }
        #expect((before...(try await serverMs())).contains(now.milliseconds))
        await store.close()
        try await schema.remove()
    }

    @Test("Batches have one lane, unless more are asked for", arguments: servers, [nil, 2])
    func lanes(uri: String, asked: Int?) async throws {
        let schema = try await PostgresSchema.make()
        let store =
            try asked.map { try PostgresStore(schema.uri, lanes: $0, logger: .quiet) }
            ?? PostgresStore(schema.uri, logger: .quiet)
        try await store.migrate()
        let pid = "SELECT pg_backend_pid()::bigint FROM pg_sleep(0.3)"
        async let first = store.onLane("look") { db in try db.run(Request(sql: pid)).first { try $0.int(0) } }
        async let second = store.onLane("look") { db in try db.run(Request(sql: pid)).first { try $0.int(0) } }
        #expect(Set(try await [first, second]).count == asked ?? 1)
        await store.close()
        try await schema.remove()
    }

    @Test("Moments keep their milliseconds, before 1970 and 2000 too, and none is too far away to be bound")
    func timestamps() {
        for milliseconds: Int64 in [0, -1, 946_684_800_000, 946_684_799_999, 1_800_000_000_123, -62_000_000_000_001] {
            let moment = Timestamp(milliseconds: milliseconds)
            #expect(Timestamp(postgresMicroseconds: moment.postgresMicroseconds) == moment)
        }
        #expect(Timestamp(postgresMicroseconds: -1) == Timestamp(milliseconds: 946_684_799_999))
        #expect(Timestamp(postgresMicroseconds: 999) == Timestamp(milliseconds: 946_684_800_000))
        #expect(Timestamp(milliseconds: .max).postgresMicroseconds > 0)
        #expect(Timestamp(milliseconds: .min).postgresMicroseconds < 0)
    }

    @Test("A text that PostgreSQL cannot keep is refused, and not kept as another", arguments: servers)
    func zeroCharacter(uri: String) async throws {
        try await World.with(PostgresContract()) { world in
            let fault = await #expect(throws: Fault.self) { _ = try await world.concert(title: "before\0after") }
            #expect(fault?.code == .constraint)
            let eventCount = try await world.store.undeliveredCount()
            #expect(eventCount == 0)
        }
    }

    @Test("A batch of refusals waits for no disk", arguments: servers)
    func refusalsAreFree(uri: String) async throws {
        try await World.with(PostgresContract()) { world in
            let store = try #require(world.store as? PostgresStore)
            let fan = try await world.user()
            let (date, _) = try await world.sale()
            func commits() async throws -> String? {
                let rows = try await store.onLane("count") { db in
                    try db.run(Request(sql: "SELECT coalesce(pg_current_xact_id_if_assigned()::text, 'none')")).all {
                        $0.text(0)
                    }
                }
                return rows.first
            }
            let hold = HoldSeats(userID: fan.id, dateID: date.id, choice: .seats([world.id()]), holdSeconds: 60)
            let outcomes = try await world.run([.hold(hold), .hold(hold)])
            guard case .failure(.unknownSeats) = outcomes[1] else { throw Unexpected() }
            #expect(try await commits() == "none")
        }
    }

    @Test("Sessions that write wait for the disk, give up locks, and those that read cannot write", arguments: servers)
    func settings(uri: String) async throws {
        try await World.with(PostgresContract()) { world in
            let store = try #require(world.store as? PostgresStore)
            let names = ["synchronous_commit", "lock_timeout", "idle_in_transaction_session_timeout"]
            let writer = try await store.onLane("look") { db in
                try names.map { name in
                    try db.run(Request(sql: "SELECT current_setting('\(name)')")).first { $0.text(0) } ?? ""
                }
            }
            // The tests' address turns the first one off.
            #expect(writer == ["on", "3s", "2s"])
            let fault = await #expect(throws: Fault.self) {
                try await store.read("write") { db in _ = try db.run(Request(sql: "DELETE FROM outbox")) }
            }
            #expect(fault?.reason.hasSuffix("(25006)") == true)
            // The reader is as good as before.
            #expect(try await store.undeliveredCount() == 0)
        }
    }

    @Test(
        "Fans' searches are answered by a replica that is fresh, all else and staff by the primary", arguments: servers)
    func replica(uri: String) async throws {
        // A schema of the same server stands for the standby, with a concert that only it has: what it has not been
        // told is nothing, since the log is the same.
        try await World.with(PostgresContract()) { standby in
            let other = try await standby.concert(title: "replica")
            let copy = try #require(standby.store as? PostgresStore)
            let replica = try #require(PostgresSchema.ofStores.withLock { $0[ObjectIdentifier(copy)] })
            let schema = try await PostgresSchema.make()
            for (address, expected) in [(replica.uri, [other]), ("postgres://127.0.0.1:1/away", [])] {
                let store = try PostgresStore(schema.uri, replica: address, lanes: 1, readers: 1, logger: .quiet)
                try await store.migrate()
                let found = try await store.concerts(search: "replica", includeDrafts: false, before: nil, limit: 9)
                #expect(found == expected)
                #expect(try await store.concerts(search: "", includeDrafts: true, before: nil, limit: 9).isEmpty)
                #expect(try await store.concert(other.id) == nil)
                // Whoever has just changed something sees the change.
                store.replica?.noteWrite()
                #expect(try await store.concerts(search: "", includeDrafts: false, before: nil, limit: 9).isEmpty)
                await store.close()
            }
            try await schema.remove()
        }
    }
}
