import Domain
import Engine
import NIOHTTP1
import Ports
import StoreSQLite
import Synchronization
import TestSupport
import Testing

@Suite("The sender of webhooks", .serialized)
struct WebhookSenderTests {
    @Test("What happens to one reservation arrives in order, each event once, while others go beside it")
    func order() async throws {
        try await SenderWorld.with { world in
            try await Receiver.with(reply: { _, _ in
                try? await Task.sleep(for: .milliseconds(5))
                return .status(204)
            }) { receiver in
                let endpoint = try await world.endpoint(at: receiver)
                var events: [Event] = []
                for version in 1...6 {
                    for subject in 1...20 as ClosedRange<UInt64> {
                        events.append(world.event(about: subject, version: version))
                    }
                }
                try await world.fanOut.consume(Array(events[..<70]))
                try await world.sending {
                    // The rest, and some of it again, while the sender is at work.
                    try await world.fanOut.consume(Array(events[40...]))
                    #expect(try await world.wait(for: 120, .delivered, at: endpoint))
                }
                #expect(receiver.ids.count == 120 && Set(receiver.ids) == Set(events.map { "\($0.id)" }))
                for subject in 1...20 as ClosedRange<UInt64> {
                    let wanted = events.filter { $0.subjectID == .sample(subject) }.map { "\($0.id)" }
                    #expect(receiver.ids.filter { wanted.contains($0) } == wanted)
                }
                let bodies = Set(receiver.received.map(\.body))
                #expect(bodies == Set(events.map(\.cloudEvent)))
                #expect(receiver.underWayMost > 1 && receiver.underWayMost <= 8)
            }
        }
    }

    @Test("A failure holds up its own subject only, and is tried again by the schedule")
    func backOff() async throws {
        try await SenderWorld.with { world in
            let first = world.event(.reservationHeld, about: 1)
            let failing = Mutex(true)
            try await Receiver.with(reply: { one, _ in
                one.header("webhook-id") == "\(first.id)" && failing.withLock { $0 }
                    ? .status(503, body: "later") : .status(200)
            }) { receiver in
                let endpoint = try await world.endpoint(at: receiver)
                let second = world.event(.reservationPaid, about: 1, version: 2)
                let other = world.event(about: 2)
                try await world.fanOut.consume([first, second, other])
                try await world.sending {
                    #expect(try await world.wait(for: 1, .delivered, at: endpoint))
                    _ = try await world.wait(forTries: 1, of: first, at: endpoint)
                    world.clock.advance(milliseconds: 3_900)
                    try await Task.sleep(for: .milliseconds(1_200))
                    #expect(receiver.ids.filter { $0 == "\(first.id)" }.count == 1, "tried too early")
                    world.clock.advance(milliseconds: 2_200)
                    _ = try await world.wait(forTries: 2, of: first, at: endpoint)
                    failing.withLock { $0 = false }
                    world.clock.advance(milliseconds: 36_000)
                    #expect(try await world.wait(for: 3, .delivered, at: endpoint))
                }
                #expect(receiver.ids.last == "\(second.id)" && receiver.ids.count == 5)
                let delivery = try #require(try await world.deliveries(endpoint).last { $0.eventID == first.id })
                let log = try await world.store.attempts(of: delivery.id)
                #expect(log.map(\.statusCode) == [503, 503, 200])
                #expect(log[0].answer == Array("later".utf8))
                #expect(try await world.store.webhook(endpoint)?.failingSince == nil)
            }
        }
    }

    @Test("While nothing is taken one is tried at a time; once it is, everything comes, and nothing twice")
    func recovery() async throws {
        try await SenderWorld.with { world in
            let failing = Mutex(true)
            try await Receiver.with(reply: { _, _ in
                try? await Task.sleep(for: .milliseconds(20))
                return .status(failing.withLock { $0 } ? 500 : 204)
            }) { receiver in
                let endpoint = try await world.endpoint(at: receiver)
                try await world.fanOut.consume([world.event(about: 99)])
                let events = (1...30).map { world.event(about: $0) }
                try await world.sending {
                    #expect(await eventually { receiver.received.count == 1 })
                    #expect(try await eventually { try await world.store.webhook(endpoint)?.failingSince != nil })
                    try await world.fanOut.consume(events)
                    #expect(await eventually { receiver.received.count >= 8 })
                    #expect(receiver.underWayMost == 1)
                    failing.withLock { $0 = false }
                    // Those that failed are due again in a few seconds.
                    #expect(
                        try await eventually {
                            world.clock.advance(milliseconds: 50)
                            return try await world.deliveries(endpoint, .delivered).count == 31
                        })
                }
                #expect(receiver.underWayMost > 1)
                let all = try await world.deliveries(endpoint)
                #expect(
                    receiver.received.count == all.map(\.attemptCount).reduce(0, +), "what came was not written down")
            }
        }
    }

    @Test("After three days of failures a delivery is given up and the endpoint switched off, which is written down")
    func givingUp() async throws {
        try await SenderWorld.with { world in
            try await Receiver.with(reply: { _, _ in .status(500) }) { receiver in
                let endpoint = try await world.endpoint(at: receiver)
                let event = world.event(about: 1)
                try await world.fanOut.consume([event])
                let start = world.clock.now()
                var tries = 0
                try await world.sending {
                    while true {
                        tries += 1
                        let delivery = try await world.wait(forTries: tries, of: event, at: endpoint)
                        guard let next = delivery.nextAttemptAt else { break }
                        world.clock.set(to: next)
                    }
                    #expect(try await world.wait(for: 1, .failed, at: endpoint))
                }
                #expect(world.clock.now() == start.adding(seconds: WebhookSchedule.patienceSeconds))
                #expect((15...30).contains(tries) && receiver.received.count == tries)
                let after = try #require(try await world.store.webhook(endpoint))
                #expect(!after.isEnabled && after.disabledReason == "nothing could be delivered for three days")
                let action = try #require(try await world.store.staffActions(before: nil, limit: 1).first)
                #expect(action.kind == .webhookDisabled && action.staffID == world.staff.id)
                #expect(action.reason == after.disabledReason)

                // What happens now is not for it.
                try await world.fanOut.consume([world.event(about: 2)])
                #expect(try await world.deliveries(endpoint).count == 1)
            }
        }
    }

    @Test("Whoever answers 410 is switched off at once; what waits goes on when it is switched on again")
    func gone() async throws {
        try await SenderWorld.with { world in
            try await Receiver.with(reply: { _, before in .status(before == 0 ? 410 : 200) }) { receiver in
                let endpoint = try await world.endpoint(at: receiver)
                let events = [world.event(about: 1), world.event(about: 1, version: 2)]
                try await world.fanOut.consume(events)
                try await world.sending {
                    #expect(try await eventually { try await world.store.webhook(endpoint)?.isEnabled == false })
                    world.clock.advance(milliseconds: 60_000)
                    try await Task.sleep(for: .milliseconds(1_200))
                    #expect(receiver.received.count == 1)
                    try await world.change(endpoint)
                    #expect(try await world.wait(for: 2, .delivered, at: endpoint))
                }
                #expect(receiver.ids == [events[0], events[0], events[1]].map { "\($0.id)" })
                #expect(try await world.store.webhook(endpoint)?.disabledReason == nil)
            }
        }
    }

    @Test("One that was delivered can be sent again, with the same id and bytes")
    func replay() async throws {
        try await SenderWorld.with { world in
            try await Receiver.with { receiver in
                let endpoint = try await world.endpoint(at: receiver)
                try await world.fanOut.consume([world.event(about: 1)])
                try await world.sending {
                    #expect(try await world.wait(for: 1, .delivered, at: endpoint))
                    let delivery = try #require(try await world.deliveries(endpoint).first)
                    let key = world.key()
                    for _ in 0..<2 {
                        let answer = try await world.desk.replay(
                            delivery.id, by: world.staff.id, isAdmin: false, idempotency: key
                        ) { EncodedAnswer(status: 202, body: Array($0.status.rawValue.utf8)) }
                        guard case .done(let encoded, _) = answer else { throw Unexpected(answer: answer) }
                        #expect(encoded.body == Array("PENDING".utf8))
                    }
                    #expect(await eventually { receiver.received.count == 2 })
                    #expect(try await world.wait(for: 1, .delivered, at: endpoint))
                }
                #expect(receiver.received.count == 2)
                #expect(receiver.received[0].body == receiver.received[1].body)
                #expect(receiver.ids[0] == receiver.ids[1])
            }
        }
    }

    @Test("A test event arrives, and after a new secret both sign for a day")
    func testAndSecrets() async throws {
        try await SenderWorld.with { world in
            try await Receiver.with { receiver in
                let endpoint = try await world.endpoint(at: receiver)
                func test() async throws {
                    _ = try await world.desk.test(
                        endpoint, by: world.staff.id, isAdmin: false, idempotency: world.key()
                    ) { _ in EncodedAnswer(status: 202, body: []) }
                }
                try await world.sending {
                    try await test()
                    #expect(try await world.wait(for: 1, .delivered, at: endpoint))
                    _ = try await world.desk.rotateSecret(
                        of: endpoint, by: world.staff.id, isAdmin: false, idempotency: world.key()
                    ) { _ in EncodedAnswer(status: 200, body: []) }
                    try await test()
                    #expect(try await world.wait(for: 2, .delivered, at: endpoint))
                    world.clock.advance(milliseconds: 24 * 3600 * 1000)
                    try await test()
                    #expect(try await world.wait(for: 3, .delivered, at: endpoint))
                }
                let signatures = receiver.received.compactMap {
                    $0.header("webhook-signature")?.split(separator: " ").count
                }
                #expect(signatures == [1, 2, 1])
                #expect(String(decoding: receiver.received[0].body, as: UTF8.self).contains("jari.webhook.test"))
            }
        }
    }

    @Test("A slow endpoint does not hold up another")
    func slowNeighbour() async throws {
        try await SenderWorld.with(SenderSettings(limitMs: 1_000)) { world in
            try await Receiver.with(reply: { one, _ in one.uri == "/slow" ? .never : .status(204) }) { receiver in
                let slow = try await world.endpoint(at: receiver, path: "/slow")
                let quick = try await world.endpoint(at: receiver, path: "/quick")
                try await world.fanOut.consume((1...40).map { world.event(about: $0) })
                try await world.sending {
                    let isDelivered = try await world.wait(for: 40, .delivered, at: quick)
                    let waiting = try await world.deliveries(slow, .pending).count
                    // Those that are tried wait a second each; the quick one was done before.
                    #expect(isDelivered && waiting == 40)
                }
            }
        }
    }

    @Test("An endpoint is told what it asked for: kinds, and events of its concert")
    func choice() async throws {
        try await SenderWorld.with { world in
            try await Receiver.with { receiver in
                let concert: ConcertID = world.ids.next(at: world.clock.now())
                let date: DateID = world.ids.next(at: world.clock.now())
                try await world.store.add(Concert.sample(concert, at: world.clock.now()), event: world.event(about: 90))
                try await world.store.add(
                    ConcertDate.sample(date, of: concert, at: world.clock.now()), event: world.event(about: 91))
                let ofConcert = try await world.endpoint(at: receiver, concert: concert)
                let paid = try await world.endpoint(at: receiver, kinds: ["reservation.paid"])
                let here = [
                    world.event(.reservationPaid, about: 1, date: date),
                    world.event(.reservationHeld, about: 2, date: date),
                ]
                let dateChanged = Event(
                    id: .sample(500), kind: .dateChanged, subjectID: ID(date), version: 1, dateID: nil, userID: nil,
                    amount: .zero, seats: [], at: world.clock.now())
                let elsewhere = world.event(.reservationPaid, about: 3, date: .sample(77))
                let points = world.event(.pointsCharged, about: 4)
                try await world.fanOut.consume(here + [dateChanged, elsewhere, points])
                let told = try await world.deliveries(ofConcert).map(\.eventID)
                #expect(Set(told) == Set(here.map(\.id) + [dateChanged.id]))
                #expect(Set(try await world.deliveries(paid).map(\.eventID)) == [here[0].id, elsewhere.id])
            }
        }
    }
}

struct Unexpected: Error {
    let answer: Answer
}

extension Concert {
    static func sample(_ id: ConcertID, at now: Timestamp) -> Concert {
        let text = LocalizedText(ko: "공연", en: "Concert")
        return Concert(
            id: id, title: text, artist: text, venue: text, details: text, status: .published, createdAt: now)
    }
}

extension ConcertDate {
    static func sample(_ id: DateID, of concert: ConcertID, at now: Timestamp) -> ConcertDate {
        ConcertDate(
            id: id, concertID: concert, startsAt: now.adding(seconds: 7_200), saleOpensAt: now,
            saleClosesAt: now.adding(seconds: 3_600), drawSeed: [UInt8](0..<32), createdAt: now)
    }
}
