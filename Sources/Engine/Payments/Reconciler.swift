internal import Domain
public import Logging
internal import Metrics
public import Ports
public import ServiceLifecycle

/// Finds out what nobody knows: asks the gateway about every payment that is `UNKNOWN` until it is not, has it give back
/// what is owed, and compares both ledgers all the time.
public final class Reconciler: Service {
    private static let intervalMs = 500
    private static let leaseSeconds = 30
    private static let batchSize = 200
    private static let concurrencyMax = 8
    private static let compareEverySeconds = 30
    /// The first comparison goes back so far; the later ones only a little further than the one before.
    private static let firstWindowSeconds = 24 * 3600
    private static let overlapSeconds = 600
    /// What is younger may still be under way.
    private static let settledAfterSeconds = 60
    /// Differences that were told of, so that each is told once.
    private static let toldMax = 10_000

    private let engine: Engine
    private let store: any Store
    private let desk: PaymentDesk
    private let ledgers: LedgerReader
    private let leases: any Leases
    private let clock: any WallClock
    private let logger: Logger
    private let metrics = ReconcilerMetrics()

    public init(
        engine: Engine, store: any Store, desk: PaymentDesk, gateway: any PaymentGateway, leases: any Leases,
        clock: any WallClock, logger: Logger
    ) {
        self.engine = engine
        self.store = store
        self.desk = desk
        self.leases = leases
        self.clock = clock
        self.logger = logger
        ledgers = LedgerReader(store: store, gateway: gateway)
    }

    public func run() async throws {
        var comparison = Comparison()
        var isFailing = false
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            let now = clock.now()
            if await leases.hold("reconciler", until: now.adding(seconds: Self.leaseSeconds), now: now) {
                do throws(Fault) {
                    try await settleUnknown(at: now)
                    try await giveBack(at: now)
                    try await compare(&comparison, at: now)
                    metrics.record(try await store.paymentFigures(), at: now)
                    isFailing = false
                } catch {
                    // Said once, not twice a second for as long as the gateway is away.
                    if !isFailing {
                        logger.warning("reconciling failed, trying again", metadata: ["fault": "\(error)"])
                    }
                    isFailing = true
                }
            }
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .milliseconds(Self.intervalMs)) }
        }
    }

    func settleUnknown(at now: Timestamp) async throws(Fault) {
        let unknown = try await store.unknownPayments(at: now, limit: Self.batchSize)
        try await forEach(unknown) { [desk] payment throws(Fault) in
            _ = try await desk.readBack(payment, at: now)
        }
    }

    func giveBack(at now: Timestamp) async throws(Fault) {
        let due = try await store.dueRefunds(at: now, limit: Self.batchSize)
        try await forEach(due) { [desk] due throws(Fault) in
            try await desk.settle(due.refund, of: due.payment)
        }
    }

    /// A few at a time; stops at the first fault, since the others would meet it too.
    private func forEach<Item: Sendable>(
        _ items: [Item], _ work: @Sendable @escaping (Item) async throws(Fault) -> Void
    ) async throws(Fault) {
        var rest = items[...]
        while !rest.isEmpty, !Task.isShuttingDownGracefully {
            let some = rest.prefix(Self.concurrencyMax)
            rest = rest.dropFirst(some.count)
            let fault = await withTaskGroup(of: Fault?.self) { group in
                for item in some {
                    group.addTask {
                        do throws(Fault) {
                            try await work(item)
                            return nil
                        } catch {
                            return error
                        }
                    }
                }
                return await group.reduce(nil) { $0 ?? $1 }
            }
            if let fault { throw fault }
        }
    }

    // MARK: Comparing

    struct Comparison {
        var nextAt: Timestamp?
        var comparedUntil: Timestamp?
        var told: Set<LedgerDifference> = []
    }

    func compare(_ comparison: inout Comparison, at now: Timestamp) async throws(Fault) {
        if let nextAt = comparison.nextAt, now < nextAt { return }
        let until = now.adding(seconds: -Self.settledAfterSeconds)
        let from =
            comparison.comparedUntil?.adding(seconds: -Self.overlapSeconds)
            ?? until.adding(seconds: -Self.firstWindowSeconds)
        let result = try await ledgers.compare(from: from, until: until)
        comparison.comparedUntil = until
        comparison.nextAt = now.adding(seconds: Self.compareEverySeconds)
        let differences = try await mend(result.differences, at: now)
        metrics.differences.record(differences.count)
        if comparison.told.count > Self.toldMax { comparison.told = [] }
        for difference in differences where comparison.told.insert(difference).inserted {
            try await tell(difference)
        }
    }

    /// A capture that we were never told of, such as one whose webhook was lost: its word is taken now.
    ///
    /// - Returns: The differences that stay.
    private func mend(_ differences: [LedgerDifference], at now: Timestamp) async throws(Fault) -> [LedgerDifference] {
        let missed = differences.filter { $0.kind == .notCaptured }.compactMap(\.paymentID)
        for payment in try await store.payments(missed) { _ = try await desk.readBack(payment, at: now) }
        let settled = Set(try await store.payments(missed).filter { $0.status.isCaptured }.map(\.id))
        return differences.filter {
            $0.kind != .notCaptured || !settled.contains($0.paymentID ?? PaymentID.least(at: now))
        }
    }

    private func tell(_ difference: LedgerDifference) async throws(Fault) {
        logger.error(
            "the gateway's ledger and ours differ",
            metadata: [
                "kind": "\(difference.kind.rawValue)", "payment": "\(difference.paymentID.map { "\($0)" } ?? "-")",
                "ours": "\(difference.ours)", "gateway's": "\(difference.gateways)",
            ])
        guard let id = difference.paymentID else { return }
        let payment = try await store.payments([id]).first
        let report = ReportDifference(
            paymentID: id, userID: payment?.userID, amount: Won(abs(difference.gateways - difference.ours)))
        if case .failure(let failure) = await engine.outcome(of: .reportDifference(report)) { try failure.orFault() }
    }
}

/// The reconciler's figures.
private struct ReconcilerMetrics: Sendable {
    let unknown = Gauge(label: "jari_payments_unknown")
    let oldestUnknown = Gauge(label: "jari_payments_unknown_oldest_seconds")
    let refundsPending = Gauge(label: "jari_refunds_pending")
    let refundsFailed = Gauge(label: "jari_refunds_failed")
    let differences = Gauge(label: "jari_ledger_differences")

    func record(_ figures: PaymentFigures, at now: Timestamp) {
        unknown.record(figures.unknownCount)
        oldestUnknown.record(figures.oldestUnknownAt.map { Double(now.milliseconds(since: $0)) / 1000 } ?? 0)
        refundsPending.record(figures.refundsPending)
        refundsFailed.record(figures.refundsFailed)
    }
}
