import CoordinationInProcess
import Domain
import Engine
import Foundation
import Logging
import Ports
import ServiceLifecycle
import StoreSQLite
import TestSupport
import Testing

/// One date on sale: a fresh store in a folder of its own, a simulated clock, and the real engine at work.
///
/// When the body ends the engine is shut down as a server would be, the store is audited, and the folder removed.
struct World: Sendable {
    struct Plan {
        var rows = 10
        var seatsPerRow = 10
        var aislesAfter: [Int] = []
        var fanCount = 4
        var seatsPerFanMax = 50
        /// Engines on one store, as processes would be.
        var engineCount = 1
        /// Lets their seat maps follow each other.
        var news: NewsHub?
        var laneCount = 1
        var queueCapacity = 8_192
        var hasSweeper = false
        /// What stands between the engines and the store.
        var intercept: (SQLiteStore) -> any SalesStore = { $0 }
        /// False for a test that takes a guard out: it looks at what the audit finds itself.
        var auditsAtTheEnd = true
    }

    static let price = Won(100_000)

    let clock: SimulatedClock
    let store: any Store
    private let file: SQLiteStore
    let broadcast: any Broadcast
    let engines: [Engine]
    let group: ServiceGroup
    let date: DateID
    /// In the order of the layout: row by row from the stage.
    let seats: [SeatID]
    let fans: [UserID]

    var engine: Engine { engines[0] }

    static func run(_ plan: Plan = Plan(), _ body: (World) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "jari-engine-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let world = try await World(plan, path: folder.appending(path: "jari.db").path)
        let running = Task { try await world.group.run() }
        do {
            try await body(world)
        } catch {
            await world.group.triggerGracefulShutdown()
            try await running.value
            try world.file.close()
            throw error
        }
        await world.group.triggerGracefulShutdown()
        try await running.value
        if plan.auditsAtTheEnd {
            for finding in try await world.violations() { Issue.record("the audit found \(finding)") }
        }
        try world.file.close()
    }

    private init(_ plan: Plan, path: String) async throws {
        // Warnings are what the tests of faults are about; shown, they would hide what went wrong.
        var logger = Logger(label: "jari.tests")
        logger.logLevel = .critical
        let clock = SimulatedClock()
        let store = try SQLiteStore(path: path, clock: clock, logger: logger)
        try await store.migrate()
        let broadcast = InProcessBroadcast()
        let engineStore = ComposedStore(sales: plan.intercept(store), base: store)
        let engines = (0..<plan.engineCount).map { _ in
            Engine(
                store: engineStore, broadcast: broadcast, news: plan.news?.member(), clock: clock,
                laneCount: plan.laneCount, queueCapacity: plan.queueCapacity, logger: logger)
        }
        var services: [any Service] = engines
        if plan.hasSweeper {
            services.append(
                Sweeper(engine: engines[0], store: store, leases: InProcessLeases(), clock: clock, logger: logger))
        }
        self.clock = clock
        self.store = store
        file = store
        self.broadcast = broadcast
        self.engines = engines
        group = ServiceGroup(services: services, logger: logger)
        let catalog = SampleCatalog(now: clock.now(), plan: plan)
        date = catalog.date.id
        seats = catalog.seats.map(\.seat.id)
        fans = (0..<plan.fanCount).map { .sample(10_000 + UInt64($0)) }
        try await catalog.save(in: store)
        for (index, fan) in fans.enumerated() {
            let user = User(
                id: fan, email: "fan\(index)@example.com", name: "Fan \(index)", role: .fan, createdAt: clock.now())
            _ = try await store.create(user, passwordHash: "")
        }
    }

    /// What the audit finds, in words. Empty is what it should be.
    func violations() async throws -> [String] {
        try await store.audit().findings.filter { $0.violations > 0 }.map {
            "\($0.invariant): \($0.title), \($0.violations) times"
        }
    }

    func balance(of fan: UserID) async throws -> Won {
        try await store.wallet(of: fan).balance
    }

    /// What is remembered under a key.
    func record(_ key: UInt64) async throws -> StoredAnswer? {
        try await store.answer(.sample(key))
    }

    /// The rows of the date's seats, by id.
    func seatRows() async throws -> [SeatID: Seat] {
        Dictionary(uniqueKeysWithValues: try await store.seatMap(of: date)?.seats.map { ($0.seat.id, $0.seat) } ?? [])
    }
}

// MARK: - Asking

extension World {
    func submit(_ command: Command, key: Idempotency? = nil, at engine: Int = 0) async -> Answer {
        await engines[engine].submit(Submission(.command(command), idempotency: key, encode: Receipt.encode))
    }

    func hold(
        _ seats: [SeatID], by fan: UserID, seconds: Int = 60, key: Idempotency? = nil, at engine: Int = 0
    ) async -> Answer {
        let hold = HoldSeats(userID: fan, dateID: date, choice: .seats(seats), holdSeconds: seconds)
        return await submit(.hold(hold), key: key, at: engine)
    }

    func holdBest(_ count: Int, by fan: UserID, at engine: Int = 0) async -> Answer {
        let wish = BestAvailable(userID: fan, dateID: date, grade: "R", count: count, holdSeconds: 60)
        return await engines[engine].submit(
            Submission(.bestAvailable(wish), idempotency: nil, encode: Receipt.encode))
    }

    func charge(_ amount: Int64, to fan: UserID, key: Idempotency? = nil, at engine: Int = 0) async -> Answer {
        await submit(.charge(ChargePoints(userID: fan, amount: Won(amount))), key: key, at: engine)
    }

    func pay(_ reservation: ReservationID, by fan: UserID, key: Idempotency? = nil, at engine: Int = 0) async -> Answer
    {
        await submit(.pay(PayWithPoints(userID: fan, reservationID: reservation)), key: key, at: engine)
    }

    func release(
        _ reservation: ReservationID, by fan: UserID, key: Idempotency? = nil, at engine: Int = 0
    ) async -> Answer {
        await submit(.release(ReleaseHold(userID: fan, reservationID: reservation)), key: key, at: engine)
    }

    func refund(_ payment: PaymentID, of fan: UserID, key: Idempotency? = nil, at engine: Int = 0) async -> Answer {
        await submit(.refund(RefundPayment(ownerID: fan, paymentID: payment, ticketIDs: nil)), key: key, at: engine)
    }

    /// A hold that must succeed.
    func held(_ seats: [SeatID], by fan: UserID, seconds: Int = 60) async throws -> ReservationID {
        let answer = await hold(seats, by: fan, seconds: seconds)
        guard case .held(let reservation, _, _, _) = answer.receipt else { throw Unexpected(answer: answer) }
        return reservation
    }

    /// A purchase that must succeed, its price charged first.
    func bought(_ seats: [SeatID], by fan: UserID) async throws -> (payment: PaymentID, tickets: [TicketCode]) {
        let reservation = try await held(seats, by: fan)
        _ = await charge(World.price.amount * Int64(seats.count), to: fan)
        let answer = await pay(reservation, by: fan)
        guard case .paid(let payment, _, let tickets) = answer.receipt else { throw Unexpected(answer: answer) }
        return (payment, tickets)
    }
}

/// An answer that a test takes for granted was another.
struct Unexpected: Error {
    let answer: Answer
}

extension Idempotency {
    /// - Parameter request: Another number is another body under the same key.
    static func sample(_ key: UInt64, request: UInt64 = 0) -> Idempotency {
        Idempotency(scope: .sample(key), requestHash: .sample(key, request + 1))
    }
}

extension Answer {
    /// The seats that a hold got; nil for any other answer.
    var heldSeats: [SeatID]? {
        guard case .held(_, let seats, _, _) = receipt else { return nil }
        return seats
    }

    var isOverloaded: Bool {
        guard case .overloaded = self else { return false }
        return true
    }
}
