/// Everything that can be set, by the name of its environment variable.
enum Setting: String, CaseIterable {
    case host = "JARI_HOST"
    case port = "JARI_PORT"
    case store = "JARI_STORE"
    case storeReplica = "JARI_STORE_REPLICA"
    case storeLanes = "JARI_STORE_LANES"
    case coordination = "JARI_COORDINATION"
    case events = "JARI_EVENTS"
    case gateway = "JARI_GATEWAY"
    case gatewayTimeoutMs = "JARI_GATEWAY_TIMEOUT_MS"
    case tossSecretKey = "JARI_TOSS_SECRET_KEY"
    case tossClientKey = "JARI_TOSS_CLIENT_KEY"
    case tossURL = "JARI_TOSS_URL"
    case sandboxURL = "JARI_SANDBOX_URL"
    case sandboxSecretKey = "JARI_SANDBOX_SECRET_KEY"
    case sandboxPort = "JARI_SANDBOX_PORT"
    case sandboxFaults = "JARI_SANDBOX_FAULTS"
    case pointsCharge = "JARI_POINTS_CHARGE"
    case checkoutSeconds = "JARI_CHECKOUT_SECONDS"
    case mail = "JARI_MAIL"
    case mailFrom = "JARI_MAIL_FROM"
    case publicURL = "JARI_PUBLIC_URL"
    case webhookPrivateTargets = "JARI_WEBHOOK_PRIVATE_TARGETS"
    case adminEmail = "JARI_ADMIN_EMAIL"
    case adminPassword = "JARI_ADMIN_PASSWORD"
    case demo = "JARI_DEMO"
    case holdSeconds = "JARI_HOLD_SECONDS"
    case accessKeys = "JARI_ACCESS_KEYS"
    case queueKeys = "JARI_QUEUE_KEYS"
    case ticketKeys = "JARI_TICKET_KEYS"
    case rateLimitFactor = "JARI_RATE_LIMIT_FACTOR"
    case connectionCountMax = "JARI_CONNECTION_COUNT_MAX"
    case connectionsPerAddressMax = "JARI_CONNECTIONS_PER_ADDRESS_MAX"
    case trustedProxies = "JARI_TRUSTED_PROXIES"
    case queueCapacity = "JARI_QUEUE_CAPACITY"
    case drainMs = "JARI_DRAIN_MS"
    case files = "JARI_FILES"
    case logLevel = "JARI_LOG_LEVEL"

    /// What it means, in a line.
    var meaning: String {
        switch self {
        case .host: "the address to listen on"
        case .port: "the port to listen on; 0 takes a free one"
        case .store: "where everything is kept: sqlite:PATH or postgres://…"
        case .storeReplica: "a PostgreSQL replica that answers those who only browse"
        case .storeLanes: "batches that PostgreSQL commits beside each other, 1 to 16"
        case .coordination:
            "queues, gates and limits: inprocess, redis://…, rediss://…, redis-sentinel://… or redis-cluster://…"
        case .events: "where events go: inprocess or kafka://…"
        case .gateway: "who takes card payments: sandbox, which moves no money, or toss"
        case .gatewayTimeoutMs: "how long the gateway may take to answer, 500 to 60000"
        case .tossSecretKey: "Toss Payments' secret key"
        case .tossClientKey: "Toss Payments' client key, for its page"
        case .tossURL: "Toss Payments' API"
        case .sandboxURL: "a sandbox gateway that runs elsewhere; by itself one inside this program"
        case .sandboxSecretKey:
            "the key of the sandbox gateway, 8 to 200 letters, digits, _ and -; by itself the one inside makes one"
        case .sandboxPort: "the port of the sandbox inside this program; 0 takes a free one"
        case .sandboxFaults: "how that sandbox misbehaves, such as timeoutAfterCapture=0.1,declines=0.02"
        case .pointsCharge: "charged points are credited at once (direct), or paid for by card (gateway)"
        case .checkoutSeconds: "how long a fan may take on the gateway's page, 30 to 3600"
        case .mail:
            "where mails to fans go: off, file:FOLDER, smtp://user:password@host:port or smtps://… (docs/mail.md)"
        case .mailFrom: "whom mails are from: name@host or Name <name@host>"
        case .publicURL: "where fans reach the pages, such as https://tickets.example.com; by itself none is known"
        case .webhookPrivateTargets:
            "whether webhooks may go to private addresses and over plain http: true or false, by itself false"
        case .adminEmail: "the first administrator, made at start if missing"
        case .adminPassword: "the first administrator's password, 8 to 128 characters"
        case .demo:
            "demo concerts and logins: true or false; by itself only on a loopback address with neither store nor administrator set"
        case .holdSeconds: "how long seats are held for payment, 10 to 3600"
        case .accessKeys: "secrets that sign logins, 64 hexadecimal digits each, newest first, comma between"
        case .queueKeys: "secrets that sign queue tokens, likewise"
        case .ticketKeys: "secrets that sign tickets, likewise; a door without a network knows their public keys"
        case .rateLimitFactor: "multiplies every rate limit; 0 turns them off"
        case .connectionCountMax: "connections open at once, 1 to 1000000"
        case .connectionsPerAddressMax:
            "connections open at once from one address, 0 to 1000000; 0 sets no bound; by itself a quarter of all, 1000 or more"
        case .trustedProxies:
            "reverse proxies whose X-Forwarded-For is believed: addresses and networks, comma between; by itself none"
        case .queueCapacity: "commands that may wait for the engine, 1 to 1000000"
        case .drainMs: "how long a shutdown answers \"not ready\" before it closes the door, 0 to 20000"
        case .files: "the folder with Web, openapi.yml and the files for /docs"
        case .logLevel: "trace, debug, info, notice, warning or error"
        }
    }

    var isSecret: Bool {
        switch self {
        case .adminPassword, .accessKeys, .queueKeys, .ticketKeys, .tossSecretKey, .sandboxSecretKey: true
        default: false
        }
    }
}
