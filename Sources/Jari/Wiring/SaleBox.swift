internal import CoordinationInProcess
internal import Domain
internal import Engine
internal import EventsInProcess
internal import HTTPAPI
internal import Logging
internal import Ports
internal import ServiceLifecycle
internal import StoreSQLite

/// The parts of an embedded Jari, put together.
struct SaleBox {
    let api: APIDependencies
    /// In the order to start them in.
    let services: [any Service]
    private let store: SQLiteStore
    private let clock: any WallClock
    private let ids = IDMint()
    private let passwords = PasswordHasher()
    private let doorkeeper: Doorkeeper

    init(settings: Settings, store: SQLiteStore, clock: any WallClock, logger: Logger) async throws {
        let broadcast = InProcessBroadcast()
        let leases = InProcessLeases()
        let room = InProcessWaitingRoom()
        let nudge = WakeUp()
        let engine = Engine(
            store: store, broadcast: broadcast, clock: clock, queueCapacity: settings.queueCapacity, relayNudge: nudge,
            logger: logger)
        doorkeeper = Doorkeeper(
            engine: engine, store: store, room: room, broadcast: broadcast, leases: leases, clock: clock,
            logger: logger)
        let keys =
            try settings.accessKeys == nil || settings.queueKeys == nil
            ? KeyFile(beside: settings.storePath) : nil
        let accessTokens = await AccessTokens(secrets: settings.accessKeys ?? keys?.accessKeys ?? [])
        let relay = OutboxRelay(
            store: store, log: InProcessEventLog(consumers: [SalesProjection(store: store)]), leases: leases,
            clock: clock, nudge: nudge, logger: logger)
        let sweeper = Sweeper(engine: engine, store: store, leases: leases, clock: clock, logger: logger)
        api = APIDependencies(
            engine: engine, store: store,
            catalog: CatalogDesk(store: store, engine: engine, doorkeeper: doorkeeper, clock: clock, ids: ids),
            doorkeeper: doorkeeper, room: room, gate: InProcessSeatGate(), limiter: InProcessRateLimiter(),
            broadcast: broadcast, clock: clock, ids: ids, accessTokens: accessTokens,
            queueTokens: QueueTokens(secrets: settings.queueKeys ?? keys?.queueKeys ?? []), passwords: passwords,
            limits: RateLimits(factor: settings.rateLimitFactor), holdSeconds: settings.holdSeconds, logger: logger)
        services = [engine, relay, sweeper, doorkeeper]
        self.store = store
        self.clock = clock
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
        try await doorkeeper.openAll()
        return isNew
    }
}
