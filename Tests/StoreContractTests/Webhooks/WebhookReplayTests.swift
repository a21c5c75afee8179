import Domain
import Ports
import Testing

@Suite("Webhook deliveries that are sent again, or given out twice")
struct WebhookReplayTests {
    @Test(
        "One sent again beside a later one under way waits for what comes of that, and goes before it",
        arguments: contracts)
    func besideLater(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let store = try world.webhooks
            let endpoint = try await world.endpoint(of: world.user(role: .staff))
            let (first, second, third) = try await world.three(to: endpoint)
            try await world.record(.givenUp, of: first)
            let taken = try await world.take(from: endpoint)
            #expect(taken.map(\.id) == [second.id])
            #expect(try await world.replay(first, of: endpoint) == nil)
            #expect(try await world.due(endpoint).isEmpty, "it is sent beside the one under way")
            // A failure: the one that is sent again is before it now.
            try await world.record(.retry(at: world.clock.now().adding(seconds: 5)), of: taken[0], asTaken: true)
            #expect(try await world.due(endpoint) == [first.id])
            world.clock.advance(seconds: 60)
            #expect(try await world.due(endpoint) == [first.id], "two about one subject are due")
            try await world.record(.delivered, of: first, status: 200)
            #expect(try await world.due(endpoint) == [second.id])
            // The same, and the one under way is taken.
            let again = try await world.take(from: endpoint)
            #expect(try await world.replay(first, of: endpoint) == nil)
            try await world.record(.delivered, of: again[0], asTaken: true, status: 200)
            #expect(try await store.delivery(second.id)?.status == .delivered)
            #expect(try await world.due(endpoint) == [first.id])
            try await world.record(.delivered, of: first, status: 200)
            #expect(try await world.due(endpoint) == [third.id])
        }
    }

    @Test(
        "One sent again does not wait for ever for one whose process was killed, and still goes before it",
        arguments: contracts)
    func besideKilled(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let endpoint = try await world.endpoint(of: world.user(role: .staff))
            let (first, second, _) = try await world.three(to: endpoint)
            try await world.record(.givenUp, of: first)
            #expect(try await world.take(from: endpoint).map(\.id) == [second.id])
            #expect(try await world.replay(first, of: endpoint) == nil)
            world.clock.advance(seconds: 29)
            #expect(try await world.due(endpoint).isEmpty)
            world.clock.advance(seconds: 1)
            #expect(try await world.due(endpoint) == [first.id])
            try await world.record(.delivered, of: first, status: 200)
            #expect(try await world.due(endpoint) == [second.id])
        }
    }

    @Test("One sent again beside an earlier one under way leaves that alone", arguments: contracts)
    func besideEarlier(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let endpoint = try await world.endpoint(of: world.user(role: .staff))
            let (first, second, third) = try await world.three(to: endpoint)
            try await world.record(.delivered, of: first, status: 200)
            try await world.record(.delivered, of: second, status: 200)
            #expect(try await world.replay(first, of: endpoint) == nil)
            let taken = try await world.take(from: endpoint)
            #expect(taken.map(\.id) == [first.id])
            #expect(try await world.replay(second, of: endpoint) == nil)
            #expect(try await world.due(endpoint).isEmpty, "what is under way is given out again")
            try await world.record(.delivered, of: taken[0], asTaken: true, status: 200)
            #expect(try await world.due(endpoint) == [second.id])
            try await world.record(.delivered, of: second, status: 200)
            #expect(try await world.due(endpoint) == [third.id])
        }
    }

    @Test("What comes of a try that is somebody else's now changes nothing", arguments: contracts)
    func stale(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let store = try world.webhooks
            let endpoint = try await world.endpoint(of: world.user(role: .staff))
            let delivery = world.delivery(to: endpoint)
            try await store.add([delivery], answer: nil)
            let slow = try await world.take(from: endpoint)[0]
            world.clock.advance(seconds: 30)
            let quick = try await world.take(from: endpoint)[0]
            try await world.record(.retry(at: world.clock.now()), of: slow, asTaken: true)
            #expect(try await world.due(endpoint).isEmpty, "it is under way")
            try await world.record(.delivered, of: quick, asTaken: true, status: 200)
            #expect(try await world.replay(delivery, of: endpoint) == nil)
            // The slow one has delivered it, but before staff wanted it sent again.
            try await world.record(.delivered, of: slow, asTaken: true, status: 200)
            #expect(try await world.due(endpoint) == [delivery.id], "it is not sent again")
            #expect(try await store.attempts(of: delivery.id).map(\.number) == [1])
        }
    }

    @Test("What is taken while another is sent again is not under way beside it", arguments: contracts)
    func race(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let endpoint = try await world.endpoint(of: world.user(role: .staff))
            for _ in 0..<40 {
                let (first, second, third) = try await world.three(to: endpoint)
                try await world.record(.delivered, of: first, status: 200)
                async let taken = world.take(from: endpoint)
                async let refusal = world.replay(first, of: endpoint)
                let before = try await (taken, refusal)
                try #require(before.1 == nil)
                let after = try await world.take(from: endpoint)
                try #require((before.0 + after).count == 1, "two about one subject are under way")
                for one in [first, second, third] { try await world.record(.delivered, of: one, status: 200) }
            }
        }
    }

    @Test("What waits is brought forward, the oldest first; what is under way is not", arguments: contracts)
    func bringForward(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let store = try world.webhooks
            let endpoint = try await world.endpoint(of: world.user(role: .staff))
            var deliveries: [WebhookDelivery] = []
            for _ in 0..<4 {
                deliveries.append(world.delivery(to: endpoint))
                world.clock.advance(seconds: 1)
            }
            let (subject, other) = (deliveries[3].subjectID, try await world.endpoint(of: world.user(role: .staff)))
            deliveries.append(world.delivery(to: endpoint, about: subject))
            let elsewhere = world.delivery(to: other)
            try await store.add(deliveries + [elsewhere], answer: nil)
            let later = world.clock.now().adding(seconds: 21_600)
            for one in deliveries[1...3] + [elsewhere] { try await world.record(.retry(at: later), of: one) }
            #expect(try await world.take(from: endpoint).map(\.id) == [deliveries[0].id])
            #expect(try await store.bringForward(of: other.id, after: elsewhere.id, limit: 10) == nil)
            // Of each transaction no more than was said; the first is under way.
            let first = try await store.bringForward(of: endpoint.id, after: nil, limit: 2)
            #expect(first == deliveries[1].id)
            let second = try await store.bringForward(of: endpoint.id, after: first, limit: 2)
            #expect(second == deliveries[3].id)
            #expect(try await store.bringForward(of: endpoint.id, after: second, limit: 2) == nil)
            var taken: [WebhookDeliveryID] = []
            for _ in 0..<5 { taken += try await world.take(from: endpoint, limit: 1).map(\.id) }
            #expect(taken == deliveries[1...3].map(\.id))
            #expect(try await world.due(other).isEmpty)
        }
    }

    @Test(
        "What is made by a process whose clock is wrong is due at once, and given up in three days",
        arguments: contracts)
    func otherClock(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let store = try world.webhooks
            let endpoint = try await world.endpoint(of: world.user(role: .staff))
            let now = world.clock.now()
            for seconds in [3_600, -3_600] {
                let delivery = WebhookDelivery(
                    id: world.id(), to: endpoint.id, event: world.id(), kind: .test, subject: world.id(), payload: [],
                    at: now.adding(seconds: seconds))
                try await store.add([delivery], answer: nil)
                let taken = try #require(
                    try await store.takeDeliveries(of: endpoint.id, forSeconds: 30, limit: 10))
                #expect(taken.deliveries.map(\.id) == [delivery.id] && taken.at == now)
                let end = now.adding(seconds: WebhookSchedule.patienceSeconds)
                #expect(taken.deliveries.map(\.giveUpAt) == [end])
            }
        }
    }

    @Test("Who waited behind what was sent again waits for no claim that is over", arguments: contracts)
    func marker(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let endpoint = try await world.endpoint(of: world.user(role: .staff))
            let (first, second, third) = try await world.three(to: endpoint)
            for one in [first, second] { try await world.record(.delivered, of: one, status: 200) }
            let taken = try await world.take(from: endpoint)
            #expect(taken.map(\.id) == [third.id])
            // Both wait for the end of the third one's time, the second now for the first as well.
            #expect(try await world.replay(second, of: endpoint) == nil)
            #expect(try await world.replay(first, of: endpoint) == nil)
            try await world.record(.delivered, of: taken[0], asTaken: true, status: 200)
            world.clock.advance(seconds: 1)
            let again = try await world.take(from: endpoint)
            #expect(again.map(\.id) == [first.id])
            try await world.record(.delivered, of: again[0], asTaken: true, status: 200)
            #expect(try await world.due(endpoint) == [second.id], "it waits for a claim that is over")
        }
    }

    @Test("A failure at an address that the endpoint has no more is tried again at once", arguments: contracts)
    func movedMeanwhile(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let store = try world.webhooks
            let endpoint = try await world.endpoint(of: world.user(role: .staff))
            let deliveries = (0..<2).map { _ in world.delivery(to: endpoint) }
            try await store.add(deliveries, answer: nil)
            let taken = try await world.take(from: endpoint)
            let moved = try #require(WebhookURL("https://other.example.com/"))
            func results(at url: WebhookURL) -> [WebhookResult] {
                let now = world.clock.now()
                let attempt = WebhookAttempt(
                    number: 1, at: now, durationMs: 1, statusCode: 500, error: nil, answer: [])
                return [
                    WebhookResult(of: taken[0], attempt, next: .retry(at: now.adding(seconds: 600)), url: url),
                    WebhookResult(of: taken[1], attempt, next: .givenUp, url: url),
                ]
            }
            _ = try await store.change(endpoint.id) { before, _ in
                var after = before
                after.url = moved
                return WebhookChange(after, action: nil)
            }
            try await store.record(results(at: endpoint.url), of: endpoint.id) { _, _ in nil }
            #expect(Set(try await world.due(endpoint)) == Set(deliveries.map(\.id)))
        }
    }

    @Test(
        "From the moment the owner is of the staff no more nothing is given out, whatever waits", arguments: contracts)
    func formerStaff(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (store, staff) = (try world.webhooks, try await world.user(role: .staff))
            let endpoint = try await world.endpoint(of: staff)
            try await store.add((0..<20).map { _ in world.delivery(to: endpoint) }, answer: nil)
            #expect(try await world.take(from: endpoint, limit: 8).count == 8)
            _ = try await world.store.setRole(.fan, of: staff.id, action: nil)
            #expect(try await world.take(from: endpoint, limit: 8).isEmpty)
            _ = try await world.store.setRole(.staff, of: staff.id, action: nil)
            #expect(try await world.take(from: endpoint).count == 12)
        }
    }
}

extension World {
    /// Three deliveries about one subject.
    fileprivate func three(to endpoint: WebhookEndpoint) async throws -> (
        WebhookDelivery, WebhookDelivery, WebhookDelivery
    ) {
        let subject: ID<Event.Subject> = id()
        let all = (0..<3).map { _ in delivery(to: endpoint, about: subject) }
        try await webhooks.add(all, answer: nil)
        return (all[0], all[1], all[2])
    }

    fileprivate func replay(_ delivery: WebhookDelivery, of endpoint: WebhookEndpoint) async throws
        -> WebhookReplayRefusal?
    {
        try await webhooks.replay(
            delivery.id, action: action(.webhookReplayed, on: ID(delivery.id), by: endpoint.ownerID)
        ) { _ in nil }
    }
}
