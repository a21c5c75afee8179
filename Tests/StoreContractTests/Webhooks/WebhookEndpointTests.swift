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
            let answer = world.answer(2)
            let action = world.action(.webhookChanged, on: ID(endpoint.id), by: staff.id)
            let url = try #require(WebhookURL("http://[2001:db8::1]:8443/neu"))
            let changed = try await store.change(endpoint.id) { before, now in
                var after = before
                after.url = url
                after.kinds = ["ticket.used"]
                after.isEnabled = false
                after.disabledReason = "it answered 410 Gone"
                after.failingSince = now
                for byte in 9...12 as ClosedRange<UInt8> {
                    let next = [UInt8](repeating: byte, count: 32)
                    after.secrets = after.secrets.rotated(to: next, at: now.adding(seconds: Int(byte))) ?? after.secrets
                }
                return WebhookChange(after, action: action, answer: answer)
            }
            let saved = try #require(changed)
            #expect(try await store.webhook(endpoint.id) == saved)
            #expect(saved.url == url && saved.failingSince == world.clock.now())
            // However many there are, each with its own end.
            #expect(saved.secrets.signing(at: world.clock.now()).map { $0[1] } == [12, 11, 10, 9, 1])
            let end = world.clock.now().adding(seconds: 24 * 3600)
            #expect(saved.secrets.earlier.map(\.until) == (9...12).reversed().map { end.adding(seconds: $0) })
            #expect(try await store.enabledWebhooks(limit: 10).isEmpty)
            #expect(try await world.store.staffActions(before: nil, limit: 1) == [action])
            #expect(try await world.store.answer(answer.scope) == answer)
            #expect(try await store.change(world.id()) { before, _ in WebhookChange(before, action: action) } == nil)
            // Nil leaves it, and is told what it is.
            #expect(try await store.change(endpoint.id) { _, _ in nil } == saved)
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
            #expect(try await store.dueWebhooks(areFailing: false, after: nil, limit: 10) == [kept])
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
            try await world.record(.retry(at: world.clock.now()), of: delivery, status: 410) { before, _ in
                var after = before
                after.isEnabled = false
                after.disabledReason = "it answered 410 Gone"
                return WebhookChange(after, action: action)
            }
            let saved = try #require(try await store.webhook(endpoint.id))
            #expect(!saved.isEnabled && saved.disabledReason == "it answered 410 Gone")
            #expect(try await store.dueWebhooks(areFailing: false, after: nil, limit: 10).isEmpty)
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
            func due(after: WebhookID? = nil, limit: Int = 10, areFailing: Bool = false) async throws -> [WebhookID] {
                try await store.dueWebhooks(areFailing: areFailing, after: after, limit: limit).map(\.id)
            }
            let ids = endpoints.map(\.id)
            #expect(try await due() == [ids[0], ids[2]])
            #expect(try await due(after: ids[0]) == [ids[2]])
            #expect(try await due(limit: 1) == [ids[0]])
            world.clock.advance(seconds: 60)
            #expect(try await due() == ids)
            // Those that take nothing have a turn of their own.
            _ = try await store.change(ids[1]) { before, now in
                var after = before
                after.failingSince = now
                return WebhookChange(after, action: nil)
            }
            #expect(try await due() == [ids[0], ids[2]])
            #expect(try await due(areFailing: true) == [ids[1]])
        }
    }

    @Test("Whoever is of the staff no more is told nothing, and is found to be switched off", arguments: contracts)
    func formerStaff(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (store, staff) = (try world.webhooks, try await world.user(role: .staff))
            let admin = try await world.endpoint(of: world.user(role: .admin))
            let endpoint = try await world.endpoint(of: staff)
            try await store.add([world.delivery(to: endpoint), world.delivery(to: admin)], answer: nil)
            #expect(try await store.webhooksOfFormerStaff(limit: 10).isEmpty)
            _ = try await world.store.setRole(.fan, of: staff.id, action: nil)
            #expect(try await store.enabledWebhooks(limit: 10) == [admin])
            #expect(try await store.dueWebhooks(areFailing: false, after: nil, limit: 10) == [admin])
            #expect(try await store.webhooksOfFormerStaff(limit: 10) == [endpoint])
            _ = try await store.change(endpoint.id) { before, _ in
                var after = before
                after.isEnabled = false
                return WebhookChange(after, action: nil)
            }
            #expect(try await store.webhooksOfFormerStaff(limit: 10).isEmpty)
        }
    }
}
