import CoordinationInProcess
import Domain
import Engine
import Logging
import Ports
import TestSupport

/// One small sale from a seed: six fans who pay with points, three who pay by card, eighteen seats, and all that can go
/// wrong.
///
/// The domain, the engine's batches and the waiting room are the real ones, stepped one after the other; store and
/// time are simulated. The same seed does the same, so a violation can be looked at again.
final class SimulatedSale {
    struct Outcome: Sendable {
        let seed: UInt64
        let violation: Violation?
        let trace: Trace
        /// How often things happened, to see that a simulation does not pass by doing nothing.
        let counts: [String: Int]
    }

    static let stepCount = 200
    static let seatsPerFanMax = 4
    static let paymentPolicy = PaymentPolicy(checkoutSeconds: 4, checkoutCapSeconds: 10, captureSeconds: 3)

    let date: DateID = .sample(1)
    let clock = SimulatedClock()
    let store: SimulatedStore
    let seed: UInt64
    var random: SeededRandom
    var fans: [Fan]
    /// They do what they see in the store, as on a page that was just loaded.
    let cardFans: [UserID] = (0..<3).map { .sample(30 + $0) }
    var gateway = SimulatedGateway()
    /// In every other sale cards pay most of it; in the others they only get in the way.
    private var isMostlyByCard: Bool { seed % 2 == 0 }
    /// Whether the gateway answers everything at once, as it does in the end.
    var isGatewayWell = false
    var trace = Trace()
    var counts: [String: Int] = [:]
    /// The program's memory. A crash drops it.
    var program: Program
    /// The highest time that any batch may have seen: the clock may go back from it by a second.
    var latest: Timestamp
    /// Seats of a hold whose deadline the clock has been set near: fans are after them.
    var hotSeats: [SeatID] = []
    /// Who was given which number in the waiting room.
    var queueNumbers: [Int64: UserID] = [:]
    /// How often somebody began to ask the gateway.
    var claimCount: UInt64 = 0
    private var fences: [SeatID: Int64] = [:]
    private var checkedCommits = 0

    init(seed: UInt64, tampering: Tampering? = nil) {
        self.seed = seed
        random = SeededRandom(seed: seed)
        latest = clock.now()
        let sale = Sale(
            dateID: date, opensAt: clock.now().adding(seconds: 2), closesAt: clock.now().adding(seconds: 30 * 86_400),
            isCancelled: false, grades: [Grade(name: "VIP", price: Won(150)), Grade(name: "R", price: Won(90))],
            seatsPerFanMax: Self.seatsPerFanMax)
        var rows = StoredRows(sale: sale)
        for number in 0..<18 {
            let seat = Seat(
                id: .sample(100 + UInt64(number)), dateID: date,
                label: SeatLabel(section: "A", row: String(number / 6), number: String(number % 6)),
                grade: number < 6 ? 0 : 1)
            rows.seats[seat.id] = seat
        }
        fans = (0..<6).map { Fan(id: .sample(10 + $0)) }
        store = SimulatedStore(rows, clock: clock, seed: random.next(), tampering: tampering)
        program = Program(store: store, sale: sale, clock: clock, seed: random.next())
    }

    func run() async -> Outcome {
        var violation: Violation?
        do throws(Violation) {
            for _ in 0..<Self.stepCount {
                try await step()
                try check()
            }
            try await finish()
        } catch {
            violation = error
        }
        return Outcome(seed: seed, violation: violation, trace: trace, counts: counts)
    }

    func count(_ what: String) {
        counts[what, default: 0] += 1
    }

    // MARK: Steps

    private func step() async throws(Violation) {
        switch random.index(weights: [50, 14, 10, 8, 8, 3, 3, 4, 6, isMostlyByCard ? 250 : 30]) {
        case 0: try await runBatch(ofRequests: Int.random(in: 1...4, using: &random))
        case 1: passTime()
        case 2: stepNearADeadline()
        case 3: try visitWaitingRoom()
        case 4: await sweep()
        case 5: jumpForward()
        case 6: crash()
        case 7: changeWeather()
        case 8: try await snatch()
        default: try await stepCards()
        }
    }

    private func passTime() {
        move(by: Int64.random(in: 0...4_000, using: &random))
    }

    /// Sets the clock to just before, at, or just after the deadline of a hold that is alive, if that is not too far
    /// back for a clock.
    private func stepNearADeadline() {
        let pending = store.rows.reservations.values.filter { $0.status == .pending }.sorted { $0.id < $1.id }
        guard let hold = random.pick(from: pending) else { return }
        let target = hold.expiresAt.adding(milliseconds: Int64.random(in: -1...1, using: &random))
        guard target.milliseconds(since: latest) >= -1_000 else { return }
        count("near a deadline")
        move(by: target.milliseconds(since: clock.now()))
        hotSeats = hold.seats.map(\.id)
    }

    private func jumpForward() {
        count("jump")
        move(by: Int64.random(in: 60_000...600_000, using: &random))
    }

    /// A clock may go back, but never by more than a second from where it was.
    func stepBack() {
        count("step back")
        let limit = 1_000 - latest.milliseconds(since: clock.now())
        move(by: -Int64.random(in: 0...max(0, limit), using: &random))
    }

    func move(by milliseconds: Int64) {
        clock.advance(milliseconds: milliseconds)
        latest = max(latest, clock.now())
        trace.add("clock \(clock.now().milliseconds)")
    }

    private func changeWeather() {
        switch random.index(weights: [3, 2, 3]) {
        case 0: stepBack()
        case 1:
            count("outage")
            store.setRates(.outage)
        default: store.setRates(SimulatedStore.FaultRates())
        }
    }

    /// Everything in memory is gone; the program starts again on the same store.
    func crash() {
        count("crash")
        trace.add("crash")
        store.crash()
        program = Program(store: store, sale: store.rows.sale, clock: clock, seed: random.next())
        store.setRates(SimulatedStore.FaultRates())
    }

    /// Tidies up a few holds. False when there was none.
    @discardableResult
    func sweep() async -> Bool {
        guard let overdue = try? await store.overdueHolds(limit: 3), !overdue.isEmpty else {
            return false
        }
        count("sweep")
        let jobs = overdue.map {
            BatchRunner.Job(command: .expire($0), idempotency: nil, encode: Receipt.encode)
        }
        let result = await program.runner.run(jobs)
        latest = max(latest, clock.now())
        trace.add("sweep \(overdue) \(result.answers.map(\.receipt))")
        return true
    }

    /// Heals everything, has every request answered, and sees that the store and the fans agree to the last won.
    private func finish() async throws(Violation) {
        store.setRates(.none)
        crash()
        store.setRates(.none)
        for index in fans.indices where fans[index].pending != nil {
            try await runBatch(of: [index], mayCrash: false)
        }
        move(by: 3_600_000)
        while await sweep() { try check() }
        try await finishCards()
        while await sweep() { try check() }
        try check()
        try checkAgreement()
    }

    // MARK: Checking

    private func check() throws(Violation) {
        let rows = store.rows
        if rows.commitCount != checkedCommits {
            checkedCommits = rows.commitCount
            try Invariants(rows).check()
            try checkCards(in: rows)
            for (id, seat) in rows.seats {
                guard seat.fence >= fences[id, default: 0] else {
                    throw Violation(rule: "fence", details: "\(seat) had fence \(fences[id, default: 0])")
                }
                fences[id] = seat.fence
            }
        }
        for fan in fans { try checkAcknowledged(fan, in: rows) }
    }
}

/// What is in the program's memory.
struct Program {
    let runner: BatchRunner
    let room: InProcessWaitingRoom

    init(store: SimulatedStore, sale: Sale, clock: SimulatedClock, seed: UInt64) {
        var logger = Logger(label: "jari.simulation")
        logger.logLevel = .critical
        runner = BatchRunner(store: store, random: SeededRandom(seed: seed), logger: logger) { milliseconds in
            clock.advance(milliseconds: Int64(milliseconds))
        }
        room = InProcessWaitingRoom()
        room.open(
            sale.dateID,
            rules: WaitingRoomRules(
                settings: QueueSettings(
                    activeMax: 4, admitPerSecond: 2, activeSeconds: 120, seatsPerFanMax: sale.seatsPerFanMax,
                    isPaused: false),
                opensAt: sale.opensAt, closesAt: sale.closesAt, drawSeed: [UInt8](repeating: 9, count: 32)),
            firstNumber: store.claimQueueNumbers(count: 1_000))
    }
}
