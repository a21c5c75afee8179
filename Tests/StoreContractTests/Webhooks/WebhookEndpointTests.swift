import Domain
import Ports
import Testing

@Suite("Webhooks are kept")
struct WebhookEndpointTests {
    @Test("What was added is read back, by its owner and by all", arguments: contracts)
    func roundTrip(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let store = try world.webhooks
            let (staff, other) = (try await world.user(role: .staff), try await world.user(role: .staff))
            let concert = try await world.concert()
            let first = try await world.endpoint(
                of: staff, kinds: ["reservation.paid", "a.kind.of.later"], concert: concert.id)
            let second = try await world.endpoint(of: other)
            #expect(try await store.webhook(first.id) == first)
            #expect(try await store.webhooks(of: staff.id, before: nil, limit: 10) == [first])
            #expect(try await store.webhooks(of: nil, before: nil, limit: 10) == [second, first])
            #expect(try await store.webhooks(of: nil, before: second.id, limit: 10) == [first])
            #expect(try await store.enabledWebhooks(limit: 10) == [first, second])
            #expect(try await store.enabledWebhooks(limit: 1) == [first])
            #expect(try await store.webhook(world.id()) == nil)
            #expect(
                try await world.store.staffActions(before: nil, limit: 9).map(\.kind) == [
                    .webhookCreated, .webhookCreated,
                ])
        }
    }

    @Test("One owner has so many and no more; one that is gone makes room", arguments: contracts)
    func countMax(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (store, staff) = (try world.webhooks, try await world.user(role: .staff))
            let kept = try await world.endpoint(of: staff)
            let refused = try world.draft(of: staff)
            let action = world.action(.webhookCreated, on: ID(refused.id), by: staff.id)
            #expect(try await !store.add(refused, countMax: 1, action: action, answer: world.answer(1)))
            #expect(try await store.webhook(refused.id) == nil)
            #expect(try await world.store.answer(world.answer(1).scope) == nil)
            let deletion = world.action(.webhookDeleted, on: ID(kept.id), by: staff.id)
            #expect(try await store.deleteWebhook(kept.id, action: deletion))
            #expect(try await store.add(refused, countMax: 1, action: action, answer: world.answer(1)))
            #expect(try await world.store.answer(world.answer(1).scope) == world.answer(1))
        }
    }

    @Test("Changes are saved with their action and answer; a second secret has its end", arguments: contracts)
    func change(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (store, staff) = (try world.webhooks, try await world.user(role: .staff))
            let endpoint = try await world.endpoint(of: staff)
            let (now, answer) = (world.clock.now(), world.answer(2))
            let action = world.action(.webhookChanged, on: ID(endpoint.id), by: staff.id)
            let url = try #require(WebhookURL("http://[2001:db8::1]:8443/neu"))
            let changed = try await store.change(endpoint.id) { before in
                var after = before
                after.url = url
                after.kinds = ["ticket.used"]
                after.isEnabled = false
                after.disabledReason = "it answered 410 Gone"
                after.failingSince = now
                after.secrets = before.secrets.rotated(to: [UInt8](repeating: 9, count: 32), at: now)
                return WebhookChange(after, action: action, answer: answer)
            }
            let saved = try #require(changed)
            #expect(try await store.webhook(endpoint.id) == saved)
            #expect(saved.secrets.previous == endpoint.secrets.current && saved.url == url)
            #expect(try await store.enabledWebhooks(limit: 10).isEmpty)
            #expect(try await world.store.staffActions(before: nil, limit: 1) == [action])
            #expect(try await world.store.answer(answer.scope) == answer)
            #expect(try await store.change(world.id()) { WebhookChange($0, action: action) } == nil)
        }
    }

    @Test("A deleted endpoint is gone for everyone, and what it had is forgotten in rounds", arguments: contracts)
    func delete(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (store, staff) = (try world.webhooks, try await world.user(role: .staff))
            let endpoint = try await world.endpoint(of: staff)
            let kept = try await world.endpoint(of: staff)
            let deliveries = (0..<5).map { _ in world.delivery(to: endpoint) } + [world.delivery(to: kept)]
            try await store.add(deliveries, answer: nil)
            try await world.record(.retry(at: world.clock.now()), of: deliveries[0])
            let action = world.action(.webhookDeleted, on: ID(endpoint.id), by: staff.id)
            #expect(try await store.deleteWebhook(endpoint.id, action: action))
            #expect(try await !store.deleteWebhook(endpoint.id, action: action))
            #expect(try await store.webhook(endpoint.id) == nil)
            #expect(try await store.webhooks(of: nil, before: nil, limit: 10) == [kept])
            #expect(try await store.dueWebhooks(at: world.clock.now(), after: nil, limit: 10) == [kept])
            // A consumer that still knows it adds nothing.
            try await store.add([world.delivery(to: endpoint)], answer: nil)
            let age = WebhookDelivery.keptSeconds
            #expect(try await store.forgetDeliveries(olderThanSeconds: age, limit: 3) == 3)
            #expect(try await store.forgetDeliveries(olderThanSeconds: age, limit: 3) == 2)
            #expect(try await store.forgetDeliveries(olderThanSeconds: age, limit: 3) == 0)
            #expect(try await store.attempts(of: deliveries[0].id).isEmpty)
            #expect(try await store.delivery(deliveries[5].id) != nil)
        }
    }

    @Test("A failing endpoint is switched off with the tries that showed it", arguments: contracts)
    func disabledByTries(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (store, staff) = (try world.webhooks, try await world.user(role: .staff))
            let endpoint = try await world.endpoint(of: staff)
            let delivery = world.delivery(to: endpoint)
            try await store.add([delivery], answer: nil)
            let action = world.action(.webhookDisabled, on: ID(endpoint.id), by: staff.id)
            try await world.record(.retry(at: world.clock.now()), of: delivery, status: 410) { before in
                var after = before
                after.isEnabled = false
                after.disabledReason = "it answered 410 Gone"
                return WebhookChange(after, action: action)
            }
            let saved = try #require(try await store.webhook(endpoint.id))
            #expect(!saved.isEnabled && saved.disabledReason == "it answered 410 Gone")
            #expect(try await store.dueWebhooks(at: world.clock.now(), after: nil, limit: 10).isEmpty)
            #expect(try await world.store.staffActions(before: nil, limit: 1) == [action])
            // A consumer that does not know it yet adds nothing.
            let late = world.delivery(to: endpoint)
            try await store.add([late], answer: nil)
            #expect(try await store.delivery(late.id) == nil)
        }
    }

    @Test("Endpoints with something due take turns", arguments: contracts)
    func due(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (store, staff) = (try world.webhooks, try await world.user(role: .staff))
            var endpoints: [WebhookEndpoint] = []
            for _ in 0..<3 { endpoints.append(try await world.endpoint(of: staff)) }
            let later = world.delivery(to: endpoints[1])
            try await store.add(
                [world.delivery(to: endpoints[0]), later, world.delivery(to: endpoints[2])], answer: nil)
            try await world.record(.retry(at: world.clock.now().adding(seconds: 60)), of: later)
            let now = world.clock.now()
            #expect(try await store.dueWebhooks(at: now, after: nil, limit: 10) == [endpoints[0], endpoints[2]])
            #expect(try await store.dueWebhooks(at: now, after: endpoints[0].id, limit: 10) == [endpoints[2]])
            #expect(try await store.dueWebhooks(at: now, after: nil, limit: 1) == [endpoints[0]])
            #expect(try await store.dueWebhooks(at: now.adding(seconds: 60), after: nil, limit: 10) == endpoints)
        }
    }
}
