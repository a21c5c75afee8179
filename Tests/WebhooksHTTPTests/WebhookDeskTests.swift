import Domain
import Engine
import Ports
import StoreSQLite
import Synchronization
import TestSupport
import Testing

@Suite("Endpoints that are changed while they are sent to", .serialized)
struct WebhookDeskTests {
    @Test("What an old address answers says nothing of the new one")
    func oldAddress() async throws {
        try await SenderWorld.with { world in
            let changed = Mutex(false)
            try await Receiver.with(reply: { one, _ in
                guard one.uri == "/old" else { return .status(204) }
                _ = await eventually { changed.withLock { $0 } }
                return .status(410)
            }) { receiver in
                let endpoint = try await world.endpoint(at: receiver, path: "/old")
                try await world.fanOut.consume([world.event(about: 1)])
                try await world.sending {
                    try #require(await eventually { !receiver.received.isEmpty })
                    try await world.change(endpoint, path: "/new")
                    changed.withLock { $0 = true }
                    let event = world.event(about: 2)
                    try await world.fanOut.consume([event])
                    _ = try await world.wait(forTries: 1, of: event, at: endpoint)
                    #expect(
                        try await eventually {
                            try await world.deliveries(endpoint).map(\.attemptCount) == [1, 2]
                        })
                    let after = try #require(try await world.store.webhook(endpoint))
                    #expect(after.isEnabled && after.disabledReason == nil && after.failingSince == nil)
                }
            }
        }
    }

    @Test("A new address, and one that is switched on again, are sent at once what has waited")
    func beginsAnew() async throws {
        try await SenderWorld.with { world in
            let isBroken = Mutex(true)
            try await Receiver.with(reply: { one, _ in
                .status(one.uri == "/new" || !isBroken.withLock { $0 } ? 204 : 500)
            }) { receiver in
                let moved = try await world.endpoint(at: receiver, path: "/old")
                let mended = try await world.endpoint(at: receiver, path: "/mended")
                let event = world.event(about: 1)
                try await world.fanOut.consume([event, world.event(about: 1, version: 2)])
                try await world.sending {
                    // Until the next try is hours away.
                    for tries in 1...8 {
                        let times = [
                            try await world.wait(forTries: tries, of: event, at: moved).nextAttemptAt,
                            try await world.wait(forTries: tries, of: event, at: mended).nextAttemptAt,
                        ]
                        guard tries < 8 else { break }
                        world.clock.set(to: try #require(times.compactMap(\.self).max()))
                    }
                    try await world.change(moved, path: "/new")
                    #expect(try await world.wait(for: 2, .delivered, at: moved))
                    try await world.change(mended, isEnabled: false)
                    isBroken.withLock { $0 = false }
                    try await world.change(mended)
                    #expect(try await world.wait(for: 2, .delivered, at: mended))
                    #expect(try await world.store.webhook(mended)?.failingSince == nil)
                }
            }
        }
    }

    @Test("Who is of the staff no more is told nothing more, which is written down")
    func formerStaff() async throws {
        try await SenderWorld.with { world in
            try await Receiver.with(reply: { _, before in .status(before == 0 ? 500 : 204) }) { receiver in
                let endpoint = try await world.endpoint(at: receiver)
                let event = world.event(about: 1)
                try await world.fanOut.consume([event])
                try await world.sending {
                    _ = try await world.wait(forTries: 1, of: event, at: endpoint)
                    _ = try await world.store.setRole(.fan, of: world.staff.id, action: nil)
                    #expect(try await eventually { try await world.store.webhook(endpoint)?.isEnabled == false })
                    world.clock.advance(milliseconds: 60_000)
                    try await world.fanOut.consume([world.event(about: 2)])
                    try await Task.sleep(for: .milliseconds(700))
                }
                #expect(receiver.received.count == 1)
                let after = try #require(try await world.store.webhook(endpoint))
                #expect(after.disabledReason == "its owner is no longer staff")
                let action = try #require(try await world.store.staffActions(before: nil, limit: 1).first)
                #expect(action.kind == .webhookDisabled && action.reason == after.disabledReason)
                #expect(action.staffID == world.staff.id && action.subjectID == ID(endpoint))
            }
        }
    }

    @Test("The history of staff shows where a webhook goes, and nothing of its path")
    func history() async throws {
        try await SenderWorld.with { world in
            try await Receiver.with { receiver in
                let endpoint = try await world.endpoint(at: receiver, path: "/secret-path?token=secret")
                try await world.change(endpoint, path: "/other-secret")
                _ = try await world.desk.delete(endpoint, by: world.staff.id, isAdmin: false)
                let details = try await world.store.staffActions(before: nil, limit: 10).reversed().map(\.detail)
                let origin = "http://hooks.example.com:\(receiver.port)"
                #expect(details == [origin, "url \(origin) → \(origin)", origin])
            }
        }
    }

    @Test("A sixth secret within a day is refused, and changes nothing")
    func secrets() async throws {
        try await SenderWorld.with { world in
            try await Receiver.with { receiver in
                let endpoint = try await world.endpoint(at: receiver)
                func rotate() async throws -> Answer {
                    try await world.desk.rotateSecret(
                        of: endpoint, by: world.staff.id, isAdmin: false, idempotency: world.key()
                    ) { _ in EncodedAnswer(status: 200, body: []) }
                }
                for _ in 1...4 {
                    guard case .done = try await rotate() else { throw Unexpected(answer: try await rotate()) }
                    world.clock.advance(milliseconds: 3_600_000)
                }
                let before = try #require(try await world.store.webhook(endpoint))
                #expect(before.secrets.signing(at: world.clock.now()).count == 5)
                guard case .refused(.wrongState) = try await rotate() else {
                    throw Unexpected(answer: try await rotate())
                }
                #expect(try await world.store.webhook(endpoint) == before)
                let kinds = try await world.store.staffActions(before: nil, limit: 10).map(\.kind)
                #expect(kinds.count { $0 == .webhookSecretRotated } == 4)
            }
        }
    }
}
