public import Engine
public import Logging
public import Ports

/// What the routes stand on.
public struct APIDependencies: Sendable {
    let engine: Engine
    let payments: PaymentDesk
    let store: any Store
    let catalog: CatalogDesk
    let webhooks: WebhookDesk
    let doorkeeper: Doorkeeper
    let room: any WaitingRoom
    let gate: any SeatGate
    let limiter: any RateLimiter
    let broadcast: any Broadcast
    let clock: any WallClock
    let ids: IDMint
    let accessTokens: AccessTokens
    let queueTokens: QueueTokens
    let ticketSigner: TicketSigner
    let passwords: PasswordHasher
    let limits: RateLimits
    /// How long a hold lasts.
    let holdSeconds: Int
    /// Whether charged points are credited at once, without a gateway.
    let chargesDirectly: Bool
    /// What opens the gateway's page, where that needs one of ours.
    let checkoutPage: CheckoutPage?
    /// Whether fans reach the server by HTTPS.
    let isPublicURLSecure: Bool
    let logger: Logger
    let refusals = RefusalBook()

    public init(
        engine: Engine, payments: PaymentDesk, store: any Store, catalog: CatalogDesk, webhooks: WebhookDesk,
        doorkeeper: Doorkeeper, room: any WaitingRoom,
        gate: any SeatGate, limiter: any RateLimiter, broadcast: any Broadcast, clock: any WallClock, ids: IDMint,
        accessTokens: AccessTokens, queueTokens: QueueTokens, ticketSigner: TicketSigner, passwords: PasswordHasher,
        limits: RateLimits,
        holdSeconds: Int, chargesDirectly: Bool, checkoutPage: CheckoutPage?, isPublicURLSecure: Bool, logger: Logger
    ) {
        self.engine = engine
        self.payments = payments
        self.store = store
        self.catalog = catalog
        self.webhooks = webhooks
        self.doorkeeper = doorkeeper
        self.room = room
        self.gate = gate
        self.limiter = limiter
        self.broadcast = broadcast
        self.clock = clock
        self.ids = ids
        self.accessTokens = accessTokens
        self.queueTokens = queueTokens
        self.ticketSigner = ticketSigner
        self.passwords = passwords
        self.limits = limits
        self.holdSeconds = holdSeconds
        self.chargesDirectly = chargesDirectly
        self.checkoutPage = checkoutPage
        self.isPublicURLSecure = isPublicURLSecure
        self.logger = logger
    }

    var access: Access {
        Access(tokens: accessTokens, limiter: limiter, limits: limits, clock: clock)
    }
}
