internal import Domain
internal import Engine
internal import EventsInProcess
internal import HTTPAPI
internal import Logging
internal import Mail
internal import Ports
internal import ServiceLifecycle

/// The parts of a Jari that sells, put together.
struct SaleBox {
    let api: APIDependencies
    /// In the order to start them in.
    let services: [any Service]
    /// What `/readyz` looks at besides the store.
    let checks: [(name: StaticString, check: @Sendable () async throws(Fault) -> Void)]
    private let store: any Store
    private let clock: any WallClock
    private let logger: Logger
    private let ids = IDMint()
    private let passwords = PasswordHasher()
    private let doorkeeper: Doorkeeper
    /// What webhooks and mails may take at a shutdown, together: more than any webhook takes, and less than half of what
    /// the whole shutdown may take.
    private static let carriersLimit: Duration = .seconds(12)

    init(
        settings: Settings, opened: OpenStore, coordination: Coordination, gateway: Gateway, clock: any WallClock,
        logger: Logger
    ) async throws {
        let store = opened.store
        let webhooks = Webhooks(
            settings: settings, opened: opened, leases: coordination.leases, clock: clock, ids: ids, logger: logger)
        var consumers: [any EventConsumer] = [SalesProjection(store: store), webhooks.fanOut]
        if settings.mail != nil { consumers.append(Mailer(store: opened.mails, logger: logger)) }
        let events = settings.openEvents(consumers: consumers, logger: logger)
        let nudge = WakeUp()
        let engine = Engine(
            store: store, broadcast: coordination.broadcast, news: coordination.news, clock: clock,
            laneCount: opened.laneCount, queueCapacity: settings.queueCapacity, relayNudge: nudge, logger: logger)
        doorkeeper = Doorkeeper(
            engine: engine, store: store, room: coordination.room, broadcast: coordination.broadcast,
            leases: coordination.leases, clock: clock, logger: logger)
        coordination.whenRoomIsLost? { [doorkeeper] date throws(Fault) in try await doorkeeper.open(date) }
        let keys = try settings.keys()
        let accessTokens = await AccessTokens(secrets: keys.access)
        let relay = OutboxRelay(
            store: store, log: events.log, leases: coordination.leases, clock: clock, nudge: nudge, logger: logger)
        let sweeper = Sweeper(engine: engine, store: store, leases: coordination.leases, clock: clock, logger: logger)
        let payments = PaymentDesk(
            engine: engine, store: store, gateway: gateway.toss, policy: settings.paymentPolicy, tryMs: gateway.tryMs,
            clock: clock,
            logger: logger)
        let reconciler = Reconciler(
            engine: engine, store: store, desk: payments, gateway: gateway.toss, leases: coordination.leases,
            clock: clock, logger: logger)
        let ticketSigner = TicketSigner(secrets: try settings.signingKeys())
        api = APIDependencies(
            engine: engine, payments: payments, store: store,
            catalog: CatalogDesk(store: store, engine: engine, doorkeeper: doorkeeper, clock: clock, ids: ids),
            webhooks: webhooks.desk, doorkeeper: doorkeeper, room: coordination.room, gate: coordination.gate,
            limiter: coordination.limiter,
            broadcast: coordination.broadcast, clock: clock, ids: ids, accessTokens: accessTokens,
            queueTokens: QueueTokens(secrets: keys.queue),
            ticketSigner: ticketSigner, passwords: passwords,
            limits: RateLimits(factor: settings.rateLimitFactor), holdSeconds: settings.holdSeconds,
            chargesDirectly: settings.pointsCharge == .direct, checkoutPage: gateway.checkoutPage,
            isPublicURLSecure: settings.publicURL?.hasPrefix("https://") ?? false, logger: logger)
        var checks: [(name: StaticString, check: @Sendable () async throws(Fault) -> Void)] = []
        if let check = coordination.check { checks.append(("coordination", check)) }
        if case .kafka = settings.events {
            checks.append(("events", { () throws(Fault) in try await relay.check() }))
        }
        self.checks = checks
        let mail: [any Service] =
            settings.mail.map { mail in
                [
                    MailSender(
                        settings: mail, mails: opened.mails, sales: store, qrText: { ticketSigner.signed($0) },
                        leases: coordination.leases, clock: clock, logger: logger)
                ]
            } ?? []
        services =
            coordination.services + events.services + gateway.services
            + [engine, relay, sweeper, doorkeeper, reconciler]
            + [StoppedTogether([webhooks.sender] + mail, limit: Self.carriersLimit, logger: logger)]
        self.store = store
        self.clock = clock
        self.logger = logger
    }

    /// Makes the accounts and concerts that the settings ask for, and opens the waiting rooms.
    ///
    /// - Returns: Whether demo concerts were added.
    func prepare(_ settings: Settings) async throws -> Bool {
        let accounts = HouseAccounts(store: store, passwords: passwords, ids: ids, clock: clock)
        if let email = settings.adminEmail, let password = settings.adminPassword {
            try await accounts.make(email: email, password: password, name: "관리자", role: .admin)
        }
        var isNew = false
        if settings.demo {
            async let fan: Void = accounts.make(
                email: DemoConcerts.fan.email, password: DemoConcerts.fan.password, name: "데모 팬", role: .fan)
            async let staff: Void = accounts.make(
                email: DemoConcerts.staff.email, password: DemoConcerts.staff.password, name: "데모 관리자", role: .admin)
            isNew = try await DemoConcerts(store: store, ids: ids, clock: clock).add()
            _ = try await (fan, staff)
        }
        do throws(Fault) {
            try await doorkeeper.openAll()
        } catch {
            guard error.code == .unavailable else { throw error }
            // Redis is away. Its rooms are opened when it is back; the sale does not wait for it.
            logger.warning("waiting rooms cannot be opened yet", metadata: ["fault": "\(error)"])
        }
        return isNew
    }
}
