import CoordinationInProcess
import Domain
import Foundation
import Logging
import Ports
import ServiceLifecycle
import StoreSQLite
import TestSupport
import Testing

@testable import Engine
@testable import WebhooksHTTP

/// A process whose clock is wrong.
struct SkewedClock: WallClock {
    let clock: SimulatedClock
    let seconds: Int

    func now() -> Timestamp { clock.now().adding(seconds: seconds) }
}

/// What differs from the program's own settings.
struct SenderSettings {
    /// For how long an answer is waited for, and for how long an endpoint is sent to in one go.
    var limitMs: Int64 = 10_000
    var runMs = 15_000
    /// How far the clocks are ahead of the store's: of the process that consumes events and that staff use, and of the one
    /// that sends.
    var deskAheadSeconds = 0
    var senderAheadSeconds = 0
}

/// A store of its own, a clock that stands still, and the program's own parts from event to receiver.
final class SenderWorld: Sendable {
    let store: SQLiteStore
    let clock = SimulatedClock()
    let ids = IDMint(random: SeededRandom(seed: 11))
    let fanOut: WebhookFanOut
    let desk: WebhookDesk
    let staff: User
    private let nudge = WakeUp()
    private let settings: SenderSettings

    static func with(
        _ settings: SenderSettings = SenderSettings(), _ body: (SenderWorld) async throws -> Void
    ) async throws {
        let folder = URL.temporaryDirectory.appending(path: "jari-webhooks-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let world = try await SenderWorld(folder: folder, settings)
        do {
            try await body(world)
        } catch {
            try world.remove(folder)
            throw error
        }
        try world.remove(folder)
    }

    private init(folder: URL, _ settings: SenderSettings) async throws {
        self.settings = settings
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        store = try SQLiteStore(path: folder.appending(path: "jari.db").path(), clock: clock, logger: logger)
        try await store.migrate()
        staff = User(id: .sample(1), email: "staff@example.com", name: "직원", role: .staff, createdAt: clock.now())
        _ = try await store.create(staff, passwordHash: "")
        let deskClock = SkewedClock(clock: clock, seconds: settings.deskAheadSeconds)
        fanOut = WebhookFanOut(store: store, webhooks: store, clock: deskClock, ids: ids, nudge: nudge)
        desk = WebhookDesk(
            store: store, webhooks: store, fanOut: fanOut, clock: deskClock, ids: ids, nudge: nudge,
            allowsPrivateTargets: true)
    }

    private func sender(_ nudge: WakeUp) -> WebhookSender {
        WebhookSender(
            store: store,
            transport: HTTPWebhooks(
                allowsPrivateTargets: true, resolver: ToldResolver(["127.0.0.1"]), limitMs: settings.limitMs),
            leases: InProcessLeases(), clock: SkewedClock(clock: clock, seconds: settings.senderAheadSeconds), ids: ids,
            nudge: nudge, runMs: settings.runMs,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func remove(_ folder: URL) throws {
        try store.close()
        try FileManager.default.removeItem(at: folder)
    }

    /// Runs senders beside `body`, of which each believes that it is the only one.
    func sending(by count: Int = 1, _ body: () async throws -> Void) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let senders = (0..<count).map { sender($0 == 0 ? nudge : WakeUp()) }
        let group = ServiceGroup(services: senders, logger: logger)
        async let running: Void = group.run()
        do {
            try await body()
        } catch {
            await group.triggerGracefulShutdown()
            try await running
            throw error
        }
        await group.triggerGracefulShutdown()
        try await running
    }

    func endpoint(
        at receiver: Receiver, kinds: [String] = [], concert: ConcertID? = nil, path: String = "/"
    ) async throws -> WebhookID {
        let url = try #require(WebhookURL("http://hooks.example.com:\(receiver.port)\(path)"))
        let draft = WebhookDraft(url: url, kinds: kinds, concertID: concert, details: "", isEnabled: true)
        let before = try await endpoints()
        _ = try await desk.create(draft, by: staff.id, idempotency: key()) { _ in EncodedAnswer(status: 201, body: []) }
        let made = try #require(try await endpoints().subtracting(before).first)
        return made
    }

    private func endpoints() async throws -> Set<WebhookID> {
        Set(try await store.webhooks(of: nil, before: nil, limit: 100).map(\.id))
    }

    /// Changes an endpoint as its owner, and leaves what is not said.
    func change(_ endpoint: WebhookID, path: String? = nil, isEnabled: Bool = true) async throws {
        let was = try #require(try await store.webhook(endpoint))
        let url = try #require(WebhookURL(path.map { "\(was.url)\($0)" } ?? was.url.text))
        let draft = WebhookDraft(
            url: url, kinds: was.kinds, concertID: was.concertID, details: was.details, isEnabled: isEnabled)
        _ = try await desk.change(endpoint, to: draft, by: staff.id, isAdmin: false)
    }

    func key() -> Idempotency {
        let id: EventID = ids.next(at: clock.now())
        return Idempotency(scope: .sample(id.high, id.low), requestHash: .sample(1))
    }

    func event(
        _ kind: Event.Kind = .reservationPaid, about subject: UInt64, version: Int = 1, date: DateID? = nil
    ) -> Event {
        Event(
            id: ids.next(at: clock.now()), kind: kind, subjectID: .sample(subject), version: version, dateID: date,
            userID: nil, amount: .zero, seats: [], at: clock.now())
    }

    func deliveries(_ endpoint: WebhookID, _ status: WebhookDelivery.Status? = nil) async throws -> [WebhookDelivery] {
        try await store.deliveries(of: endpoint, status: status, before: nil, limit: 1_000)
    }

    /// Waits until so many tries of an event's delivery are written down.
    func wait(forTries count: Int, of event: Event, at endpoint: WebhookID) async throws -> WebhookDelivery {
        var found: WebhookDelivery?
        _ = try await eventually {
            found = try await deliveries(endpoint).first { $0.eventID == event.id }
            return found?.attemptCount == count
        }
        let delivery = try #require(found)
        try #require(delivery.attemptCount == count)
        return delivery
    }

    /// Waits until so many are in a state.
    func wait(for count: Int, _ status: WebhookDelivery.Status, at endpoint: WebhookID) async throws -> Bool {
        try await eventually { try await deliveries(endpoint, status).count == count }
    }
}

extension Receiver {
    /// The ids of the messages that came, in order.
    var ids: [String] { received.compactMap { $0.header("webhook-id") } }
}
