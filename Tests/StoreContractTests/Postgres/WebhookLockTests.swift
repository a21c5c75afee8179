import Dispatch
import Domain
import Ports
import Synchronization
import Testing

@testable import StorePostgres

@Suite(
    "PostgreSQL's locks of webhooks", .enabled(if: PostgresContract.uri != nil, "JARI_TEST_POSTGRES names no server"))
struct WebhookLockTests {
    @Test("Forgetting waits for whoever has the endpoint, and has no delivery while it waits", .timeLimit(.minutes(1)))
    func order() async throws {
        let schema = try await PostgresSchema.make()
        let clock = TestClock()
        let store = try PostgresStore(
            schema.uri + "&application_name=\(schema.name)", readers: 2, desks: 2, clock: clock, logger: .quiet)
        try await store.migrate()
        let world = World(store: store, clock: clock)
        let endpoint = try await world.endpoint(of: world.user(role: .staff))
        let old = (0..<3).map { _ in world.delivery(to: endpoint) }
        try await store.add(old, answer: nil)
        clock.advance(seconds: WebhookDelivery.keptSeconds + 1)
        let isInside = Mutex(false)
        let end = DispatchSemaphore(value: 0)
        // Between the endpoint's lock and what comes of the tries.
        async let recorded = store.record([], of: endpoint.id) { _, _ in
            isInside.withLock { $0 = true }
            end.wait()
            return nil
        }
        defer { end.signal() }
        while !isInside.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(5)) }
        async let forgotten = store.forgetDeliveries(olderThanSeconds: WebhookDelivery.keptSeconds, limit: 10)
        let waiting = """
            SELECT count(*)::text FROM pg_stat_activity
            WHERE application_name = '\(schema.name)' AND wait_event_type = 'Lock'
            """
        while try await schema.rows(waiting) != ["1"] { try await Task.sleep(for: .milliseconds(5)) }
        let free = try await schema.rows("SELECT id::text FROM webhook_deliveries FOR UPDATE SKIP LOCKED")
        #expect(free.count == 3)
        end.signal()
        _ = try await recorded
        #expect(try await forgotten == 3)
        await store.close()
        try await schema.remove()
    }

    @Test("What waited behind what is forgotten is due, whatever is tried and added beside it", .timeLimit(.minutes(1)))
    func forgetting() async throws {
        let schema = try await PostgresSchema.make()
        let clock = TestClock()
        let store = try PostgresStore(schema.uri, readers: 2, desks: 4, clock: clock, logger: .quiet)
        try await store.migrate()
        let world = World(store: store, clock: clock)
        let staff = try await world.user(role: .staff)
        let endpoints = [try await world.endpoint(of: staff), try await world.endpoint(of: staff)]
        for _ in 0..<10 {
            let subjects = (0..<50).map { _ in world.id() as ID<Event.Subject> }
            // Of each subject one that is old, and one behind it that is not.
            let old = endpoints.flatMap { endpoint in subjects.map { world.delivery(to: endpoint, about: $0) } }
            clock.advance(seconds: 100)
            let young = endpoints.flatMap { endpoint in subjects.map { world.delivery(to: endpoint, about: $0) } }
            try await store.add(old + young, answer: nil)
            clock.advance(seconds: WebhookDelivery.keptSeconds - 50)
            let later = clock.now()
            try await withThrowingTaskGroup { group in
                for endpoint in endpoints {
                    group.addTask {
                        let mine = old.filter { $0.endpointID == endpoint.id }
                        let results = mine.reversed().map { one in
                            let attempt = WebhookAttempt(
                                number: 1, at: later, durationMs: 1, statusCode: 500, error: nil, answer: [])
                            return WebhookResult(of: one, attempt, next: .retry(at: later))
                        }
                        _ = try await store.record(results, of: endpoint.id) { _, _ in nil }
                        try await store.add(subjects.map { world.delivery(to: endpoint, about: $0) }, answer: nil)
                    }
                }
                group.addTask {
                    _ = try await store.forgetDeliveries(olderThanSeconds: WebhookDelivery.keptSeconds, limit: 500)
                }
                try await group.waitForAll()
            }
            while try await store.forgetDeliveries(olderThanSeconds: WebhookDelivery.keptSeconds, limit: 500) > 0 {}
            for endpoint in endpoints {
                let due = Set(try await world.take(from: endpoint, forSeconds: 0, limit: 1_000).map(\.id))
                #expect(due.isSuperset(of: young.filter { $0.endpointID == endpoint.id }.map(\.id)))
            }
        }
        await store.close()
        try await schema.remove()
    }
}
