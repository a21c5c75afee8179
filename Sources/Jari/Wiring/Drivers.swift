internal import Domain
internal import EventsInProcess
internal import EventsKafka
internal import Logging
internal import Ports
internal import ServiceLifecycle
internal import StorePostgres
internal import StoreSQLite

/// A store that is open, whatever it is.
struct OpenStore {
    let store: any Store
    /// Where waiting rooms are remembered that live outside the program. Nil for a file, which one process has alone.
    let joins: (any QueueJoinStore)?
    let mails: any MailStore
    let webhooks: any WebhookStore
    /// Batches that it commits beside each other.
    let laneCount: Int
    let close: @Sendable () async throws(Fault) -> Void
}

extension Settings {
    /// Opens the store and brings its schema to this version.
    func openStore(clock: any WallClock, logger: Logger) async throws(StartError) -> OpenStore {
        do throws(Fault) {
            let opened: OpenStore
            switch store {
            case .sqlite(let path):
                let store = try SQLiteStore(path: path, clock: clock, logger: logger)
                opened = OpenStore(store: store, joins: nil, mails: store, webhooks: store, laneCount: 1) {
                    () throws(Fault) in try store.close()
                }
            case .postgres(let uri):
                let store = try PostgresStore(uri, replica: storeReplica, lanes: storeLanes, logger: logger)
                opened = OpenStore(store: store, joins: store, mails: store, webhooks: store, laneCount: storeLanes) {
                    await store.close()
                }
            }
            try await opened.store.migrate()
            return opened
        } catch {
            throw StartError(error)
        }
    }

    /// Opens the store for looking at it only, also while another program writes it.
    func openStoreForReading(clock: any WallClock, logger: Logger) async throws(StartError) -> OpenStore {
        do throws(Fault) {
            let opened: OpenStore
            switch store {
            case .sqlite(let path):
                let store = try SQLiteStore(readingOnly: path, clock: clock, logger: logger)
                opened = OpenStore(store: store, joins: nil, mails: store, webhooks: store, laneCount: 1) {
                    () throws(Fault) in try store.close()
                }
            case .postgres(let uri):
                let store = try PostgresStore(uri, isReadOnly: true, logger: logger)
                opened = OpenStore(store: store, joins: nil, mails: store, webhooks: store, laneCount: 1) {
                    await store.close()
                }
            }
            // Reading only, this changes nothing: it says when the schema is not this program's.
            try await opened.store.migrate()
            return opened
        } catch {
            throw StartError(error)
        }
    }

    /// The store without its password, for people.
    var storeName: String {
        switch store {
        case .sqlite(let path): path
        case .postgres(let uri): uri.withoutPassword
        }
    }

    /// The secrets that sign tokens: those configured, or those that the program keeps in a file. Processes that serve
    /// one sale must have the same.
    func keys() throws(SettingError) -> (access: [[UInt8]], queue: [[UInt8]]) {
        if let accessKeys, let queueKeys { return (accessKeys, queueKeys) }
        let file = try KeyFile(path: keyPath + ".keys", count: 2, loss: "everyone has to log in again")
        return (accessKeys ?? [file.keys[0]], queueKeys ?? [file.keys[1]])
    }

    /// The secrets that sign tickets, likewise.
    func signingKeys() throws(SettingError) -> [[UInt8]] {
        if let ticketKeys { return ticketKeys }
        return try KeyFile(
            path: keyPath + ".tickets.keys", count: 1, loss: "printed tickets have to be printed again"
        ).keys
    }

    private var keyPath: String {
        switch store {
        case .sqlite(let path): path
        case .postgres: "jari"
        }
    }
}

/// The drivers of coordination: those of this process, or Redis.
struct Coordination {
    let room: any WaitingRoom
    let gate: any SeatGate
    let limiter: any RateLimiter
    let leases: any Leases
    let broadcast: any Broadcast
    /// Nil when no other process works on the same sales.
    let news: (any SeatNews)?
    let services: [any Service]
    /// Asks whether it is there. Nil when it is this process.
    let check: (@Sendable () async throws(Fault) -> Void)?
    /// Takes what opens a room that was lost. Nil where rooms are not lost without the process.
    let whenRoomIsLost: ((@escaping @Sendable (DateID) async throws(Fault) -> Void) -> Void)?
}

/// Where events go, and who waits for them there.
struct EventDrivers {
    let log: any EventLog
    let services: [any Service]
}

extension Settings {
    /// - Parameter consumers: Who acts on events.
    func openEvents(consumers: [any EventConsumer], logger: Logger) -> EventDrivers {
        switch events {
        case .inProcess: EventDrivers(log: InProcessEventLog(consumers: consumers), services: [])
        case .kafka(let kafka):
            EventDrivers(
                log: KafkaEventLog(settings: kafka, logger: logger),
                services: consumers.map { KafkaConsumerGroup(settings: kafka, consumer: $0, logger: logger) })
        }
    }
}
