import Domain
import Engine
import Ports
import StoreSQLite
import Synchronization
import TestSupport
import Testing

@Suite("Webhooks when processes come and go")
struct WebhookFailoverTests {
    @Test("Two processes that both believe to be the one send nothing twice, and keep the order")
    func twoSenders() async throws {
        try await SenderWorld.with { world in
            try await Receiver.with(reply: { _, _ in
                try? await Task.sleep(for: .milliseconds(3))
                return .status(204)
            }) { receiver in
                let endpoint = try await world.endpoint(at: receiver)
                var events: [Event] = []
                for version in 1...4 {
                    for subject in 1...50 as ClosedRange<UInt64> {
                        events.append(world.event(about: subject, version: version))
                    }
                }
                try await world.sending(by: 3) {
                    try await world.fanOut.consume(events)
                    #expect(try await world.wait(for: 200, .delivered, at: endpoint))
                }
                #expect(receiver.ids.count == 200 && Set(receiver.ids).count == 200)
                for subject in 1...50 as ClosedRange<UInt64> {
                    let wanted = events.filter { $0.subjectID == .sample(subject) }.map { "\($0.id)" }
                    #expect(receiver.ids.filter { wanted.contains($0) } == wanted)
                }
            }
        }
    }

    @Test("What a process had taken when it was killed is sent by another half a minute later, and nothing before it")
    func killed() async throws {
        try await SenderWorld.with { world in
            try await Receiver.with { receiver in
                let endpoint = try await world.endpoint(at: receiver)
                let events = [world.event(about: 1), world.event(about: 1, version: 2), world.event(about: 2)]
                try await world.fanOut.consume(events)
                let taken = try await world.store.takeDeliveries(of: endpoint, forSeconds: 30, limit: 1)
                #expect(taken?.deliveries.map(\.eventID) == [events[0].id])
                try await world.sending {
                    let isFirst = try await world.wait(for: 1, .delivered, at: endpoint)
                    #expect(isFirst)
                    #expect(receiver.ids == ["\(events[2].id)"])
                    world.clock.advance(milliseconds: 30_000)
                    #expect(try await world.wait(for: 3, .delivered, at: endpoint))
                }
                #expect(receiver.ids == [events[2], events[0], events[1]].map { "\($0.id)" })
            }
        }
    }

    @Test("A shutdown waits for what is under way, and writes down what came of it")
    func shutdown() async throws {
        try await SenderWorld.with { world in
            try await Receiver.with(reply: { _, _ in
                try? await Task.sleep(for: .milliseconds(300))
                return .status(204)
            }) { receiver in
                let endpoint = try await world.endpoint(at: receiver)
                try await world.fanOut.consume((1...40).map { world.event(about: $0) })
                try await world.sending {
                    let isBegun = await eventually { receiver.received.count >= 8 }
                    try #require(isBegun)
                }
                let delivered = try await world.deliveries(endpoint, .delivered).count
                #expect(delivered == receiver.received.count && (8..<40).contains(delivered))
            }
        }
    }

    @Test("What is not under way is nobody's: nothing waits in a process while its time runs out")
    func nothingWaits() async throws {
        try await SenderWorld.with { world in
            try await Receiver.with(reply: { _, _ in .never }) { receiver in
                let endpoint = try await world.endpoint(at: receiver)
                try await world.fanOut.consume((1...40).map { world.event(about: $0) })
                try await world.sending {
                    try #require(await eventually { receiver.received.count == 8 })
                    let rest = try await world.store.takeDeliveries(of: endpoint, forSeconds: 30, limit: 100)
                    #expect(rest?.deliveries.count == 32)
                }
            }
        }
    }

    @Test("Processes whose clocks are an hour apart from the store's send at once, and try again when it is time")
    func clocks() async throws {
        for (desk, sender) in [(3_600, -3_600), (-3_600, 3_600)] {
            try await SenderWorld.with(SenderSettings(deskAheadSeconds: desk, senderAheadSeconds: sender)) { world in
                try await Receiver.with(reply: { _, before in .status(before == 0 ? 500 : 204) }) { receiver in
                    let endpoint = try await world.endpoint(at: receiver)
                    let event = world.event(about: 1)
                    try await world.fanOut.consume([event])
                    let now = world.clock.now()
                    try await world.sending {
                        let delivery = try await world.wait(forTries: 1, of: event, at: endpoint)
                        let next = try #require(delivery.nextAttemptAt)
                        #expect((4_000...6_000).contains(next.milliseconds(since: now)))
                        #expect(try await world.store.webhook(endpoint)?.failingSince == now)
                        world.clock.set(to: next)
                        #expect(try await world.wait(for: 1, .delivered, at: endpoint))
                    }
                    #expect(receiver.received[0].header("webhook-timestamp") == "\(now.milliseconds / 1000)")
                }
            }
        }
    }
}
