import Foundation
import Logging
import Ports
import Synchronization
import Testing

@testable import StorePostgres

/// Servers that are there and do not answer, or are not the ones to talk to. Each test has servers of its own.
@Suite(
    "Servers that do not answer, and those that are not taken", .serialized, .timeLimit(.minutes(2)),
    .enabled(if: PostgresContract.uri != nil, "JARI_TEST_POSTGRES names no server"))
struct SilentServerTests {
    /// A server that runs, and a store on it that has connected to nothing yet.
    private func with(
        _ body: (_ servers: OwnPostgres, _ port: Int, _ store: PostgresStore) async throws -> Void
    ) async throws {
        let servers = try OwnPostgres("a")
        let port = try OwnPostgres.freePorts(1)[0]
        try servers.start("a", port: port)
        let store = try PostgresStore(servers.uri(port), readers: 1, desks: 1, logger: .quiet)
        try await body(servers, port, store)
        await store.close()
    }

    // MARK: The start

    private func setStandbys(_ names: String, _ servers: OwnPostgres, _ port: Int) async throws {
        try await servers.query(
            port, "ALTER SYSTEM SET synchronous_standby_names = '\(names)'", "SELECT pg_reload_conf()::text")
        while try await servers.query(port, "SHOW synchronous_standby_names") != [names] {}
    }

    @Test("A start does not wait for a standby for ever: its first commit has a limit, and says what it waited for")
    func firstCommit() async throws {
        try await with { servers, port, store in
            try await setStandbys("nobody", servers, port)
            store.timeline.limitFirstCommit(toMs: 300)
            let begun = ContinuousClock.now
            let fault = await #expect(throws: Fault.self) { try await store.migrate() }
            #expect(fault?.code == .outcomeUnknown)
            #expect(fault?.reason.hasSuffix("no commit came back in 300 ms: is a standby away?") == true)
            #expect(ContinuousClock.now - begun < .seconds(20))
            try await setStandbys("", servers, port)
            try await store.migrate()

            // The same where the schema is there already, and something else is the first to be committed.
            let next = try PostgresStore(servers.uri(port), readers: 1, desks: 1, logger: .quiet)
            next.timeline.limitFirstCommit(toMs: 300)
            try await next.migrate()
            try await setStandbys("nobody", servers, port)
            let unknown = await #expect(throws: Fault.self) {
                try await next.write("begin to sell") { _ = try $0.commit([Request(AnswerStatement.makeDurable)]) }
            }
            #expect(unknown?.code == .outcomeUnknown)
            try await setStandbys("", servers, port)
            try await next.write("begin to sell") { _ = try $0.commit([Request(AnswerStatement.makeDurable)]) }
            #expect(next.timeline.commitLimitMs == nil)
            await next.close()
        }
    }

    @Test("Why one of several servers was not taken is said once, however many connections find it out")
    func rejected() async throws {
        let servers = try OwnPostgres("a")
        let ports = try OwnPostgres.freePorts(3)
        try servers.copy("a", to: "b")
        try servers.start("b", port: ports[1])
        let lines = Lines()
        let logger = Logger(label: "jari.tests") { _ in lines }
        // A standby, one that is never there, and the primary, which comes late: until then all are tried again.
        let hosts = [ports[1], ports[2], ports[0]].map { "127.0.0.1:\($0)" }.joined(separator: ",")
        let store = try PostgresStore(
            "postgres://jari@\(hosts)/postgres", lanes: 2, readers: 2, desks: 2, logger: logger)
        for _ in 0..<4 { await #expect(throws: Fault.self) { try await store.migrate() } }
        try servers.start("a", port: ports[0])
        try await store.migrate()
        try await store.check()
        await store.close()
        #expect(lines.all.filter { $0.hasPrefix("cannot connect to PostgreSQL") }.count >= 4, "\(lines.all)")
        let told = lines.all.filter { $0.hasPrefix("a PostgreSQL server was not taken") }
        for port in ports {
            #expect(told.filter { $0.contains("PostgreSQL at 127.0.0.1:\(port)") }.count == 1, "\(told)")
        }
        #expect(told.count == 3, "\(told)")
    }

    /// Keeps what is logged.
    private final class Lines: LogHandler {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }

        var logLevel: Logger.Level {
            get { .info }
            set {}
        }
        subscript(metadataKey _: String) -> Logger.Metadata.Value? {
            get { nil }
            set {}
        }
        var metadata: Logger.Metadata {
            get { [:] }
            set {}
        }
        func log(event: LogEvent) {
            lines.withLock { $0.append("\(event.message) \(event.metadata ?? [:])") }
        }
    }

    // MARK: Asking whether it is ready

    @Test("A server that has stopped answering is not ready within three seconds and a little, and is again later")
    func frozen() async throws {
        try await with { servers, port, store in
            try await store.migrate()
            try await store.check()
            let own =
                "SELECT pid::text FROM pg_stat_activity WHERE application_name = 'jari' AND pid <> pg_backend_pid()"
            let backends = try await servers.query(port, own).compactMap { Int32($0) }
            #expect(!backends.isEmpty)
            for backend in backends { kill(backend, SIGSTOP) }
            defer { for backend in backends { kill(backend, SIGCONT) } }
            let begun = ContinuousClock.now
            let fault = await #expect(throws: Fault.self) { try await store.check() }
            let took = ContinuousClock.now - begun
            #expect(fault?.code == .unavailable)
            #expect(took >= .seconds(2.9) && took < .seconds(10), "\(took)")
            for backend in backends { kill(backend, SIGCONT) }
            try await store.check()
        }
    }

    @Test("A pool tells how long its longest job has been under way, and nothing when none is")
    func busy() async throws {
        try await with { servers, port, store in
            try await store.migrate()
            let pool = LanePool(try Address(servers.uri(port)), role: .writer, count: 2, logger: .quiet)
            func lock(_ key: Int) async -> Swift.Result<Void, Fault> {
                await pool.run({ "wait" }) { _ = try $0.run(Request(sql: "SELECT pg_advisory_lock(\(key)) IS NULL")) }
            }
            #expect(pool.busyForMs == nil)
            let blocker = try Connection.ready(.writer, at: try Address(servers.uri(port)), following: nil)
            try blocker.run(Request(sql: "SELECT pg_advisory_lock(1) IS NULL, pg_advisory_lock(2) IS NULL"))
            let first = Task { await lock(1) }
            try await until { (pool.busyForMs ?? 0) >= 300 }
            let second = Task { await lock(2) }
            try await until { !pool.hasIdle }
            // The second has just begun; the first is what counts.
            #expect((pool.busyForMs ?? 0) >= 300)
            try blocker.run(Request(sql: "SELECT pg_advisory_unlock(1)"))
            _ = await first.value
            try await until { (pool.busyForMs ?? .max) < 3_000 }
            try blocker.run(Request(sql: "SELECT pg_advisory_unlock(2)"))
            _ = await second.value
            #expect(pool.busyForMs == nil)
            await pool.close()
        }
    }

    private func until(_ condition: () -> Bool) async throws {
        let limit = ContinuousClock.now + .seconds(10)
        while !condition() {
            try #require(ContinuousClock.now < limit, "it took too long")
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
