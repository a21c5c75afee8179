public import Engine
public import Logging
public import Ports

/// What the routes stand on.
public struct APIDependencies: Sendable {
    let engine: Engine
    let store: any Store
    let catalog: CatalogDesk
    let doorkeeper: Doorkeeper
    let room: any WaitingRoom
    let gate: any SeatGate
    let limiter: any RateLimiter
    let broadcast: any Broadcast
    let clock: any WallClock
    let ids: IDMint
    let accessTokens: AccessTokens
    let queueTokens: QueueTokens
    let passwords: PasswordHasher
    let limits: RateLimits
    /// How long a hold lasts.
    let holdSeconds: Int
    let logger: Logger

    public init(
        engine: Engine, store: any Store, catalog: CatalogDesk, doorkeeper: Doorkeeper, room: any WaitingRoom,
        gate: any SeatGate, limiter: any RateLimiter, broadcast: any Broadcast, clock: any WallClock, ids: IDMint,
        accessTokens: AccessTokens, queueTokens: QueueTokens, passwords: PasswordHasher, limits: RateLimits,
        holdSeconds: Int, logger: Logger
    ) {
        self.engine = engine
        self.store = store
        self.catalog = catalog
        self.doorkeeper = doorkeeper
        self.room = room
        self.gate = gate
        self.limiter = limiter
        self.broadcast = broadcast
        self.clock = clock
        self.ids = ids
        self.accessTokens = accessTokens
        self.queueTokens = queueTokens
        self.passwords = passwords
        self.limits = limits
        self.holdSeconds = holdSeconds
        self.logger = logger
    }

    var access: Access {
        Access(tokens: accessTokens, limiter: limiter, limits: limits, clock: clock)
    }
}
