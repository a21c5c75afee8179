public import Domain
public import Ports
internal import Synchronization

/// Makes of each event one delivery for each endpoint that is to be told of it.
///
/// Every sale's event comes by here, so the endpoints are kept in memory for a moment: without any, an event costs a
/// look at the time. A new endpoint is told of what happens from two seconds after it was made, in every process.
public final class WebhookFanOut: EventConsumer {
    public let name = "webhooks"
    /// For how long the endpoints in memory are believed.
    private static let keptMs: Int64 = 2_000
    /// The concerts of dates, which never change, are remembered up to so many.
    private static let datesMax = 10_000
    /// Deliveries that are added in one transaction, about: all of one event are in the same. In the embedded store sales
    /// wait behind it.
    private static let addedMax = 1_000

    private let store: any CatalogStore
    private let webhooks: any WebhookStore
    private let clock: any WallClock
    private let ids: IDMint
    private let nudge: WakeUp
    private let known = Mutex(Known())

    private struct Known {
        var endpoints: [WebhookEndpoint] = []
        var readAt: ContinuousClock.Instant?
        /// Counts what made the endpoints stale, so that one that is being read meanwhile is not kept.
        var edition = 0
        var concerts: [DateID: ConcertID] = [:]
    }

    /// - Parameter nudge: The one on which the sender sleeps.
    public init(
        store: any CatalogStore, webhooks: any WebhookStore, clock: any WallClock, ids: IDMint, nudge: WakeUp
    ) {
        self.store = store
        self.webhooks = webhooks
        self.clock = clock
        self.ids = ids
        self.nudge = nudge
    }

    /// The endpoints have changed.
    func forgetEndpoints() {
        known.withLock { known in
            known.readAt = nil
            known.edition += 1
        }
    }

    public func consume(_ events: [Event]) async throws(Fault) {
        let endpoints = try await endpoints()
        guard !endpoints.isEmpty else { return }
        let concerned = endpoints.contains { $0.concertID != nil }
        let now = clock.now()
        var deliveries: [WebhookDelivery] = []
        for event in events {
            let concert = concerned ? try await concert(of: event) : nil
            var payload: [UInt8]?
            for endpoint in endpoints where endpoint.wants(event, of: concert) {
                let bytes = payload ?? event.cloudEvent
                payload = bytes
                deliveries.append(
                    WebhookDelivery(
                        id: ids.next(at: now), to: endpoint.id, event: event.id, kind: .event(event.kind.rawValue),
                        subject: event.subjectID, payload: bytes, at: now))
            }
            if deliveries.count >= Self.addedMax { try await add(&deliveries) }
        }
        try await add(&deliveries)
    }

    private func add(_ deliveries: inout [WebhookDelivery]) async throws(Fault) {
        guard !deliveries.isEmpty else { return }
        try await webhooks.add(deliveries, answer: nil)
        deliveries = []
        nudge.wake()
    }

    private func endpoints() async throws(Fault) -> [WebhookEndpoint] {
        let now = ContinuousClock.now
        let (kept, edition) = known.withLock { known in
            let isFresh = known.readAt.map { now - $0 < .milliseconds(Self.keptMs) } ?? false
            return (isFresh ? known.endpoints : nil, known.edition)
        }
        if let kept { return kept }
        let read = try await webhooks.enabledWebhooks(limit: WebhookEndpoint.countMax)
        known.withLock { known in
            guard known.edition == edition else { return }
            known.endpoints = read
            known.readAt = now
        }
        return read
    }

    /// The concert that an event is of; nil for one of none, such as a charge of points, or whose date was deleted.
    private func concert(of event: Event) async throws(Fault) -> ConcertID? {
        let date: DateID
        switch event.kind {
        case .concertChanged: return ConcertID(event.subjectID)
        case .dateChanged, .layoutReplaced: date = DateID(event.subjectID)
        default:
            guard let named = event.dateID else { return nil }
            date = named
        }
        if let kept = known.withLock({ $0.concerts[date] }) { return kept }
        guard let concert = try await store.date(date)?.concertID else { return nil }
        known.withLock { known in
            if known.concerts.count >= Self.datesMax { known.concerts = [:] }
            known.concerts[date] = concert
        }
        return concert
    }
}
