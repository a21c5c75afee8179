import Domain
import Ports
import Testing

@testable import StorePostgres

/// Each test has servers of its own, which it may stop and promote. Only where the run is to use PostgreSQL at all.
private let isAsked = PostgresContract.uri != nil

@Suite("One primary, and what is said of it", .serialized)
struct PrimaryChangeTests {
    /// A server that runs, and a migrated store on it.
    private func with(
        _ body: (_ servers: OwnPostgres, _ port: Int, _ world: World, _ store: PostgresStore) async throws -> Void
    ) async throws {
        let servers = try OwnPostgres("a")
        let port = try OwnPostgres.freePorts(1)[0]
        try servers.start("a", port: port)
        let clock = TestClock()
        let store = try PostgresStore(servers.uri(port), readers: 1, desks: 1, clock: clock, logger: .quiet)
        try await store.migrate()
        try await body(servers, port, World(store: store, clock: clock), store)
        await store.close()
    }

    @Test("A timeline that is older, and another database, are not followed")
    func timelines() {
        let timeline = PrimaryTimeline()
        let (first, second) = (
            PrimaryTimeline.Place(system: 1, timeline: 1), PrimaryTimeline.Place(system: 1, timeline: 2)
        )
        #expect(timeline.reasonToRefuse(first) == nil)
        #expect(timeline.reasonToRefuse(first) == nil)
        #expect(timeline.isNewest(first))
        #expect(timeline.reasonToRefuse(second) == nil)
        #expect(!timeline.isNewest(first))
        #expect(
            timeline.reasonToRefuse(first)
                == "is an old primary: it writes timeline 1, the primary writes 2")
        let other = PrimaryTimeline.Place(system: 9, timeline: 7)
        #expect(timeline.reasonToRefuse(other) == "is another database: its system identifier is 9, not 1")
        #expect(timeline.isNewest(second))
    }

    @Test("Each of several servers can be tried by itself")
    func servers() throws {
        let address = try Address("postgres://jari:secret@one:5001,two/jari?port=5001,5002")
        #expect(address.servers.map(\.description) == ["one:5001/jari", "two:5002/jari"])
        #expect(address.description == "one:5001,two:5002/jari")
        for (uri, ports) in [
            ("one,two", [5432, 5432]), ("one,two:5433", [5432, 5433]), ("one:6000,two:6000", [6000, 6000]),
        ] {
            let servers = try Address("postgres://\(uri)/jari").servers.map(\.description)
            #expect(servers == ["one:\(ports[0])/jari", "two:\(ports[1])/jari"], "\(uri)")
        }
        #expect(
            try Address("postgres://one,two/jari?port=6000").servers.map(\.description)
                == ["one:6000/jari", "two:6000/jari"])
        #expect(try Address("postgres://one/jari").servers.isEmpty)
    }

    @Test("An old primary that comes back writable is refused, and its connections are dropped", .enabled(if: isAsked))
    func oldPrimary() async throws {
        let servers = try OwnPostgres("a")
        let ports = try OwnPostgres.freePorts(2)
        try servers.start("a", port: ports[0])
        let uri = "postgres://jari@127.0.0.1:\(ports[0]),127.0.0.1:\(ports[1])/postgres"
        let clock = TestClock()
        let store = try PostgresStore(uri, lanes: 2, readers: 1, desks: 1, clock: clock, logger: .quiet)
        try await store.migrate()
        let world = World(store: store, clock: clock)
        let fan = try await world.user()
        _ = try await world.charge(1, to: fan)

        // The standby takes over.
        try servers.stop("a")
        try servers.copy("a", to: "b")
        try servers.start("b", port: ports[1])
        try servers.promote("b")
        try await retrying { _ = try await world.charge(2, to: fan) }
        #expect(try await servers.query(ports[1], "SELECT balance::text FROM wallets") == ["3"])

        // The old primary is first in the address, and it can be written. All connections are cut.
        try servers.start("a", port: ports[0])
        let cut =
            "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        for amount: Int64 in 1...4 {
            try await servers.query(ports[1], cut)
            try await retrying { _ = try await world.charge(amount, to: fan) }
            try await retrying { try await store.check() }
        }
        #expect(try await servers.query(ports[0], "SELECT balance::text FROM wallets") == ["1"])
        let charged = try await servers.query(ports[1], "SELECT count(*)::text FROM transfers")
        #expect(Int(charged[0]) ?? 0 >= 6)
        #expect(try await servers.query(ports[0], "SELECT count(*)::text FROM transfers") == ["1"])
        await store.close()

        // A program that starts now has seen neither.
        let fresh = try PostgresStore(uri, readers: 1, desks: 1, clock: clock, logger: .quiet)
        #expect(try await fresh.wallet(of: fan.id).balance > Won(1))
        _ = try await World(store: fresh, clock: clock).charge(1, to: fan)
        await fresh.close()
        #expect(try await servers.query(ports[0], "SELECT count(*)::text FROM transfers") == ["1"])
    }

    @Test("A batch does not end on a server that another one has followed meanwhile", .enabled(if: isAsked))
    func superseded() async throws {
        try await with { servers, port, world, store in
            let timeline = PrimaryTimeline()
            let db = try Connection.ready(.writer, at: try Address(servers.uri(port)), following: timeline)
            let look = "SELECT system_identifier FROM pg_control_system()"
            let system = try #require(try db.run(Request(sql: look)).first { try $0.integer(0) })
            _ = try db.exchange([.begin])
            #expect(timeline.reasonToRefuse(PrimaryTimeline.Place(system: system, timeline: 2)) == nil)
            let failure = #expect(throws: Pipeline.Failure.self) { try db.exchange([.commit]) }
            #expect(failure == .lost(reason: "another server is the primary now", mayHaveCommitted: false))
            #expect(db.isLost)
            // A COMMIT that waits is no longer waited for: the new primary tells what became of it.
            try await waitingForStandby(servers, port, store) { waiting in
                #expect(store.timeline.reasonToRefuse(PrimaryTimeline.Place(system: system, timeline: 2)) == nil)
                let fault = await #expect(throws: Fault.self) { try await waiting.value }
                #expect(fault?.code == .outcomeUnknown)
            }
        }
    }

    // MARK: Commits that wait

    private static let waiters = "SELECT pid::text FROM pg_stat_activity WHERE wait_event = 'SyncRep'"

    private func expectWaiters(_ count: Int, _ servers: OwnPostgres, _ port: Int) async throws {
        try await retrying {
            guard try await servers.query(port, Self.waiters).count == count else { throw Unexpected() }
        }
    }

    private func setStandbys(_ names: String, _ servers: OwnPostgres, _ port: Int) async throws {
        try await servers.query(
            port, "ALTER SYSTEM SET synchronous_standby_names = '\(names)'", "SELECT pg_reload_conf()::text")
    }

    /// Runs `body` while a commit waits for a standby that is not there, far longer than answers may take.
    private func waitingForStandby(
        _ servers: OwnPostgres, _ port: Int, _ store: PostgresStore,
        _ body: (Task<Void, any Error>) async throws -> Void
    ) async throws {
        try await setStandbys("nobody", servers, port)
        let waiting = Task {
            try await store.onLane("wait for a standby") { db in
                _ = try db.exchange([.begin, Request(AnswerStatement.makeDurable), .commit], limitMs: 100)
            }
        }
        try await expectWaiters(1, servers, port)
        try await body(waiting)
        try await setStandbys("", servers, port)
    }

    @Test("A COMMIT that waits for a standby is waited for, however long it takes", .enabled(if: isAsked))
    func patience() async throws {
        try await with { servers, port, _, store in
            try await waitingForStandby(servers, port, store) { waiting in
                try await Task.sleep(for: .milliseconds(400))
                #expect(try await servers.query(port, Self.waiters).count == 1)
                let written = Task {
                    try await store.write("wait, too") { db in
                        _ = try db.commit([Request(AnswerStatement.makeDurable)])
                    }
                }
                try await expectWaiters(2, servers, port)
                // Whoever asks whether the store is there does not wait behind them.
                try await store.check()
                let unready = await #expect(throws: Fault.self) { try await store.check(busyMaxMs: 0) }
                #expect(unready?.reason.hasSuffix("is a standby away?") == true)
                try await setStandbys("", servers, port)
                try await waiting.value
                try await written.value
                try await store.check(busyMaxMs: 0)
                #expect(try await servers.query(port, Self.waiters).isEmpty)
            }
        }
    }

    @Test("A first answer is not given again before the standby has what it tells", .enabled(if: isAsked))
    func replay() async throws {
        try await with { servers, port, world, store in
            let fan = try await world.user()
            let answer = world.answer(1)
            try await setStandbys("nobody", servers, port)
            let first = Task {
                try await world.run([.charge(ChargePoints(userID: fan.id, amount: Won(1)))], answers: [answer])
            }
            try await expectWaiters(1, servers, port)
            // The connection breaks; the server goes on as if the standby had answered.
            try await servers.query(
                port, "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
            let fault = await #expect(throws: Fault.self) { _ = try await first.value }
            #expect(fault?.code == .outcomeUnknown)

            let again = Task { try await world.rows { $0.answers = [answer.scope] }.answers[answer.scope] }
            try await expectWaiters(1, servers, port)
            let looked = Task { try await store.answer(answer.scope) }
            try await expectWaiters(2, servers, port)
            try await setStandbys("", servers, port)
            #expect(try await again.value == answer)
            #expect(try await looked.value == answer)
        }
    }

    // MARK: Writes that are not allowed or find no room

    @Test("An operator who switches writes off stops them on connections that are open", .enabled(if: isAsked))
    func readOnly() async throws {
        try await with { servers, port, world, store in
            let fan = try await world.user()
            _ = try await world.charge(1, to: fan)
            func allow(_ setting: String) async throws {
                try await servers.query(
                    port, "ALTER SYSTEM SET default_transaction_read_only = \(setting)",
                    "SELECT pg_reload_conf()::text")
            }
            try await allow("on")
            let fault = try await firstFault { _ = try await world.charge(1, to: fan) }
            #expect(fault?.code == .unavailable)
            let unready = await #expect(throws: Fault.self) { try await store.check() }
            #expect(unready?.code == .unavailable)
            let balance = try await store.wallet(of: fan.id).balance
            for _ in 0..<5 {
                await #expect(throws: Fault.self) { _ = try await world.charge(1, to: fan) }
            }
            #expect(try await store.wallet(of: fan.id).balance == balance)
            try await allow("off")
            try await retrying { _ = try await world.charge(1, to: fan) }
            try await retrying { try await store.check() }
        }
    }

    @Test(
        "A full disk is a reason to try later and not to be ready, until there is room again",
        .enabled(if: isAsked && OwnPostgres.isRoot, "only root may mount a small disk"))
    func fullDisk() async throws {
        let servers = try OwnPostgres("a")
        let port = try OwnPostgres.freePorts(1)[0]
        try servers.start("a", port: port)
        let disk = try servers.makeSmallDisk(megabytes: 16)
        defer { try? servers.removeSmallDisk() }
        try await servers.query(port, "CREATE TABLESPACE small LOCATION '\(disk)'")
        let clock = TestClock()
        let uri = servers.uri(port) + "?options=-cdefault_tablespace%3Dsmall"
        let store = try PostgresStore(uri, readers: 1, desks: 1, clock: clock, logger: .quiet)
        try await store.migrate()
        let world = World(store: store, clock: clock)
        let fan = try await world.user()
        _ = try await world.charge(1, to: fan)
        try await store.check()

        try servers.fill(disk)
        let fault = try await firstFault { _ = try await world.charge(1, to: fan) }
        #expect(fault?.code == .unavailable)
        #expect(fault?.reason.hasSuffix("(53100)") == true)
        for _ in 0..<2 {
            let unready = await #expect(throws: Fault.self) { try await store.check() }
            #expect(unready?.code == .unavailable)
            #expect(unready?.reason.hasSuffix("(53100)") == true)
        }
        try servers.makeRoom(on: disk)
        try await store.check()
        _ = try await world.charge(1, to: fan)
        try await world.expectCleanAudit()
        await store.close()
    }

    // MARK: Waiting

    /// Runs `body` until it succeeds, for twenty seconds at most.
    private func retrying(_ body: () async throws -> Void) async throws {
        let limit = ContinuousClock.now + .seconds(20)
        while true {
            do { return try await body() } catch { guard ContinuousClock.now < limit else { throw error } }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Runs `body` until it fails, for twenty seconds at most.
    private func firstFault(_ body: () async throws -> Void) async throws -> Fault? {
        let limit = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < limit {
            do { try await body() } catch let fault as Fault { return fault }
        }
        return nil
    }
}
