import Domain
import Ports
import Testing

@Suite("Webhook deliveries are kept in order")
struct WebhookDeliveryTests {
    @Test("A delivery is read back as it was, once for an event, however often it is added", arguments: contracts)
    func once(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let store = try world.webhooks
            let endpoint = try await world.endpoint(of: world.user(role: .staff))
            let delivery = world.delivery(to: endpoint, payload: Array(#"{"a":"가\u0000"}"#.utf8))
            let copy = world.delivery(to: endpoint, about: delivery.subjectID, event: delivery.eventID)
            try await store.add([delivery, copy], answer: world.answer(1))
            try await store.add([copy], answer: nil)
            var saved = delivery
            saved.nextAttemptAt = world.clock.now()
            #expect(try await store.deliveries(of: endpoint.id, status: nil, before: nil, limit: 10) == [saved])
            #expect(try await store.delivery(delivery.id) == saved)
            #expect(try await store.delivery(copy.id) == nil)
            #expect(try await world.due(endpoint) == [delivery.id])
            saved.takenUntil = world.clock.now()
            #expect(try await store.delivery(delivery.id) == saved)
            #expect(try await world.store.answer(world.answer(1).scope) == world.answer(1))
        }
    }

    @Test(
        "Of one subject only the first that is not over is due; other subjects and endpoints do not wait",
        arguments: contracts)
    func order(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (store, staff) = (try world.webhooks, try await world.user(role: .staff))
            let (endpoint, other) = (try await world.endpoint(of: staff), try await world.endpoint(of: staff))
            let subject: ID<Event.Subject> = world.id()
            let held = world.delivery(to: endpoint, about: subject)
            let paid = world.delivery(to: endpoint, about: subject)
            let refunded = world.delivery(to: endpoint, about: subject)
            let elsewhere = world.delivery(to: endpoint)
            let toOther = world.delivery(to: other, about: subject, event: paid.eventID)
            try await store.add([held, paid, elsewhere, toOther], answer: nil)
            world.clock.advance(seconds: 1)
            try await store.add([refunded], answer: nil)
            #expect(Set(try await world.due(endpoint)) == [held.id, elsewhere.id])
            #expect(try await world.due(other) == [toOther.id])

            let later = world.clock.now().adding(seconds: 30)
            try await world.record(.retry(at: later), of: held)
            #expect(try await world.due(endpoint) == [elsewhere.id])
            world.clock.set(later)
            #expect(Set(try await world.due(endpoint)) == [elsewhere.id, held.id])
            try await world.record(.delivered, of: held, status: 204)
            #expect(Set(try await world.due(endpoint)) == [elsewhere.id, paid.id])
            try await world.record(.givenUp, of: paid)
            #expect(Set(try await world.due(endpoint)) == [elsewhere.id, refunded.id])
        }
    }

    @Test("What one has taken no other is given, until the time is over", arguments: contracts)
    func taken(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let store = try world.webhooks
            let endpoint = try await world.endpoint(of: world.user(role: .staff))
            let deliveries = (0..<6).map { _ in world.delivery(to: endpoint) }
            try await store.add(deliveries, answer: nil)
            func take(_ count: Int) async throws -> [WebhookDeliveryID] {
                try await world.take(from: endpoint, limit: count).map(\.id)
            }
            async let left = take(2)
            async let right = take(2)
            let both = try await (left, right)
            let rest = try await take(10)
            #expect(Set(both.0 + both.1 + rest) == Set(deliveries.map(\.id)))
            #expect(both.0.count == 2 && both.1.count == 2 && rest.count == 2)
            #expect(try await take(10).isEmpty)
            #expect(try await store.dueWebhooks(areFailing: false, after: nil, limit: 1).isEmpty)
            try await world.record(.delivered, of: deliveries[0], status: 200)
            world.clock.advance(seconds: 30)
            #expect(try await world.due(endpoint).count == 5)
        }
    }

    @Test("Every try is told, the last fifty of them; what is over is not tried again", arguments: contracts)
    func attempts(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let store = try world.webhooks
            let endpoint = try await world.endpoint(of: world.user(role: .staff))
            let delivery = world.delivery(to: endpoint)
            try await store.add([delivery], answer: nil)
            for _ in 0..<52 { try await world.record(.retry(at: world.clock.now()), of: delivery) }
            try await world.record(.givenUp, of: delivery, status: nil, error: "no connection")
            let log = try await store.attempts(of: delivery.id)
            #expect(log.map(\.number) == Array(4...53))
            let (first, last) = (try #require(log.first), try #require(log.last))
            #expect(first.statusCode == 500 && first.error == nil && first.durationMs == 12)
            #expect(first.answer == Array("답".utf8) && first.at == world.clock.now())
            #expect(last.statusCode == nil && last.error == "no connection")
            let over = try #require(try await store.delivery(delivery.id))
            #expect(over.status == .failed && over.attemptCount == 53 && over.failureCount == 53)
            #expect(over.nextAttemptAt == nil && over.finishedAt == world.clock.now())
            // Another process was at it too.
            try await world.record(.delivered, of: delivery, status: 200)
            #expect(try await store.delivery(delivery.id) == over)
            #expect(try await store.attempts(of: delivery.id).count == 50)
        }
    }

    @Test("Lists go page by page, the newest first, by status too", arguments: contracts)
    func pages(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let store = try world.webhooks
            let endpoint = try await world.endpoint(of: world.user(role: .staff))
            let deliveries = (0..<5).map { _ in world.delivery(to: endpoint) }
            try await store.add(deliveries, answer: nil)
            try await world.record(.delivered, of: deliveries[1], status: 200)
            try await world.record(.delivered, of: deliveries[3], status: 200)
            func page(_ status: WebhookDelivery.Status?, _ before: Int?) async throws -> [WebhookDeliveryID] {
                try await store.deliveries(
                    of: endpoint.id, status: status, before: before.map { deliveries[$0].id }, limit: 2
                ).map(\.id)
            }
            #expect(try await page(nil, nil) == [deliveries[4].id, deliveries[3].id])
            #expect(try await page(nil, 3) == [deliveries[2].id, deliveries[1].id])
            #expect(try await page(.delivered, nil) == [deliveries[3].id, deliveries[1].id])
            #expect(try await page(.pending, 2) == [deliveries[0].id])
            #expect(try await page(.failed, nil).isEmpty)
        }
    }

    @Test("One that is sent again goes before all that is not over about its subject", arguments: contracts)
    func replay(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (store, staff) = (try world.webhooks, try await world.user(role: .staff))
            let endpoint = try await world.endpoint(of: staff)
            let subject: ID<Event.Subject> = world.id()
            let deliveries = (0..<3).map { _ in world.delivery(to: endpoint, about: subject) }
            try await store.add(deliveries, answer: nil)
            let action = world.action(.webhookReplayed, on: ID(deliveries[0].id), by: staff.id)
            let answer = world.answer(3)
            func replay(_ id: WebhookDeliveryID) async throws -> WebhookReplayRefusal? {
                try await store.replay(id, action: action) { row in
                    row.status == .pending && row.nextAttemptAt != nil ? answer : nil
                }
            }
            #expect(try await replay(deliveries[0].id) == .isPending)
            #expect(try await replay(world.id()) == .notFound)
            #expect(try await world.store.staffActions(before: nil, limit: 1).first?.kind == .webhookCreated)
            try await world.record(.givenUp, of: deliveries[0])
            #expect(try await world.due(endpoint) == [deliveries[1].id])
            world.clock.advance(seconds: 100)
            #expect(try await replay(deliveries[0].id) == nil)
            #expect(try await world.due(endpoint) == [deliveries[0].id])
            let again = try #require(try await store.delivery(deliveries[0].id))
            #expect(again.status == .pending && again.failureCount == 0 && again.attemptCount == 1)
            #expect(again.finishedAt == nil)
            #expect(again.giveUpAt == world.clock.now().adding(seconds: WebhookSchedule.patienceSeconds))
            #expect(try await world.store.staffActions(before: nil, limit: 1) == [action])
            #expect(try await world.store.answer(answer.scope) == answer)
            try await world.record(.delivered, of: deliveries[0], status: 200)
            #expect(try await world.due(endpoint) == [deliveries[1].id])
        }
    }

    @Test("What is thirty days old is forgotten, and nobody waits for it any more", arguments: contracts)
    func forget(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let store = try world.webhooks
            let endpoint = try await world.endpoint(of: world.user(role: .staff))
            let subject: ID<Event.Subject> = world.id()
            let old = world.delivery(to: endpoint, about: subject)
            try await store.add([old], answer: nil)
            try await world.record(.retry(at: world.clock.now()), of: old)
            world.clock.advance(seconds: 60)
            let young = world.delivery(to: endpoint, about: subject)
            try await store.add([young], answer: nil)
            let age = WebhookDelivery.keptSeconds
            world.clock.advance(seconds: age - 61)
            #expect(try await store.forgetDeliveries(olderThanSeconds: age, limit: 10) == 0)
            world.clock.advance(seconds: 2)
            #expect(try await store.forgetDeliveries(olderThanSeconds: age, limit: 10) == 1)
            #expect(try await store.delivery(old.id) == nil)
            #expect(try await store.attempts(of: old.id).isEmpty)
            #expect(try await world.due(endpoint) == [young.id])
        }
    }

    @Test("What is added while the one before ends is not left waiting for it", arguments: contracts)
    func race(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let store = try world.webhooks
            let endpoint = try await world.endpoint(of: world.user(role: .staff))
            for _ in 0..<40 {
                let subject: ID<Event.Subject> = world.id()
                let before = world.delivery(to: endpoint, about: subject)
                let after = world.delivery(to: endpoint, about: subject)
                try await store.add([before], answer: nil)
                async let added: Void = store.add([after], answer: nil)
                async let recorded: Void = world.record(.delivered, of: before, status: 200)
                _ = try await (added, recorded)
                try #require(try await world.due(endpoint) == [after.id])
                try await world.record(.delivered, of: after, status: 200)
            }
        }
    }
}
