internal import Domain
public import Logging
internal import Metrics
public import Ports
public import ServiceLifecycle
internal import Synchronization

/// Finds out what nobody knows: asks the gateway about every payment that is `UNKNOWN` until it is not, has it give back
/// what is owed, ends charges that nobody pays, and compares both ledgers all the time.
public final class Reconciler: Service {
    private static let intervalMs = 500
    private static let leaseSeconds = 30
    private static let batchSize = 200
    private static let concurrencyMax = 32
    private static let compareEverySeconds = 30
    /// What the comparison of a day looks at, and how long after one the next begins.
    private static let daySeconds = 24 * 3600
    private static let dayEverySeconds = 3600
    /// The same for when it found something new, or failed.
    private static let dayAgainSeconds = 120
    /// How far the comparison of what is new goes back before the one before.
    private static let overlapSeconds = 600
    /// The gateway's clock may be ahead of ours.
    private static let aheadSeconds = 60
    /// What differs for so long is not what was under way.
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
    /// The differences that stayed, and were told of. Whichever comparison found one, it is in here as long as it exists.
    let told = Mutex<Set<LedgerDifference>>([])

    public init(
        engine: Engine, store: any Store, desk: PaymentDesk, gateway: any PaymentGateway, leases: any Leases,
        clock: any WallClock, pageSize: Int = 1_000, logger: Logger
    ) {
        self.engine = engine
        self.store = store
        self.desk = desk
        self.leases = leases
        self.clock = clock
        self.logger = logger
        ledgers = LedgerReader(store: store, gateway: gateway, pageSize: pageSize)
    }

    /// Comparing may take long, and nobody's payment waits for it, nor what is new for what is old.
    public func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await self.keepDoing("settling payments") { await self.settle() }
            }
            for span in Comparison.Span.allCases {
                group.addTask {
                    var comparison = Comparison(span)
                    await self.keepDoing("comparing ledgers") {
                        do throws(Fault) {
                            try await self.compare(&comparison, at: self.clock.now())
                            return nil
                        } catch {
                            return error
                        }
                    }
                }
            }
        }
    }

    /// - Parameter work: Returns the first fault.
    private func keepDoing(_ name: String, _ work: () async -> Fault?) async {
        var isFailing = false
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            if await isOurs() {
                let fault = await work()
                // Said once, not twice a second for as long as the gateway is away.
                if let fault, !isFailing {
                    logger.warning("\(name) failed, trying again", metadata: ["fault": "\(fault)"])
                }
                isFailing = fault != nil
            }
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .milliseconds(Self.intervalMs)) }
        }
    }

    /// Does each of its works, whatever became of the others: one payment that cannot be read must not keep refunds back.
    ///
    /// - Returns: The first fault.
    private func settle() async -> Fault? {
        let now = clock.now()
        var first: Fault?
        do throws(Fault) { metrics.record(try await store.paymentFigures(), at: now) } catch { first = error }
        do throws(Fault) { try await settleUnknown() } catch { first = first ?? error }
        do throws(Fault) { try await giveBack() } catch { first = first ?? error }
        do throws(Fault) { try await expireCharges() } catch { first = first ?? error }
        return first
    }

    private func isOurs() async -> Bool {
        let now = clock.now()
        return await leases.hold("reconciler", until: now.adding(seconds: Self.leaseSeconds), now: now)
    }

    func settleUnknown() async throws(Fault) {
        let unknown = try await store.unknownPayments(limit: Self.batchSize)
        try await forEach(unknown) { [desk] payment throws(Fault) in try await desk.settle(payment) }
    }

    func giveBack() async throws(Fault) {
        let due = try await store.dueRefunds(limit: Self.batchSize)
        try await forEach(due) { [desk] due throws(Fault) in
            try await desk.settle(due.refund, of: due.payment)
        }
    }

    /// Ends charges of points that nobody came back to pay, when a checkout of a reservation would have ended too.
    func expireCharges() async throws(Fault) {
        let overdue = try await store.overdueCharges(
            olderThanSeconds: desk.policy.checkoutCapSeconds, limit: Self.batchSize)
        await engine.submit(internal: overdue.map { .expireCharge($0) })
    }

    /// A few at a time, as long as this is ours to do. A fault of one keeps none of the others back; the first is thrown
    /// at the end.
    private func forEach<Item: Sendable>(
        _ items: [Item], _ work: @Sendable @escaping (Item) async throws(Fault) -> Void
    ) async throws(Fault) {
        var rest = items[...]
        var first: Fault?
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
            first = first ?? fault
            guard await isOurs() else { break }
        }
        if let first { throw first }
    }

    // MARK: Comparing

    struct Comparison {
        enum Span: CaseIterable {
            /// What is new since the one before, every half minute.
            case recent
            /// The last day, every hour.
            case day
        }

        let span: Span
        var nextAt: Timestamp?
        var comparedUntil: Timestamp?
        /// Seen once: it may be what was under way at that moment, or a clock that differs.
        var suspects: [LedgerDifference: Timestamp] = [:]

        init(_ span: Span) {
            self.span = span
        }
    }

    func compare(_ comparison: inout Comparison, at now: Timestamp) async throws(Fault) {
        if let nextAt = comparison.nextAt, now < nextAt { return }
        let from: Timestamp
        // Set also for when it fails, so that one that always does holds nothing else up.
        switch comparison.span {
        case .recent:
            comparison.nextAt = now.adding(seconds: Self.compareEverySeconds)
            from = (comparison.comparedUntil ?? now).adding(seconds: -Self.overlapSeconds)
        case .day:
            comparison.nextAt = now.adding(seconds: Self.dayAgainSeconds)
            from = now.adding(seconds: -Self.daySeconds)
        }
        let result = try await ledgers.compare(from: from, until: now.adding(seconds: Self.aheadSeconds)) {
            !Task.isShuttingDownGracefully && !Task.isCancelled ? await isOurs() : false
        }
        // Another process does it now.
        guard let result else { return }
        let differences = try await mend(result.differences)
        comparison.comparedUntil = now
        if comparison.span == .day { try await forgetEnded(except: differences) }
        try await tell(differences, seenBy: &comparison, at: now)
        if comparison.span == .day {
            // From its end: one of a long day must not be followed by the next at once.
            let seconds = comparison.suspects.isEmpty ? Self.dayEverySeconds : Self.dayAgainSeconds
            comparison.nextAt = clock.now().adding(seconds: seconds)
        }
        metrics.differences.record(told.withLock { $0.count })
    }

    /// Tells of those that stayed long enough, each once.
    private func tell(
        _ differences: Set<LedgerDifference>, seenBy comparison: inout Comparison, at now: Timestamp
    ) async throws(Fault) {
        let known = told.withLock { $0 }
        comparison.suspects = comparison.suspects.filter { differences.contains($0.key) && !known.contains($0.key) }
        for difference in differences where !known.contains(difference) {
            let since = comparison.suspects[difference] ?? now
            comparison.suspects[difference] = since
            guard now.milliseconds(since: since) >= Int64(Self.settledAfterSeconds) * 1000 else { continue }
            // The other comparison may tell of it at this moment.
            let isMine = told.withLock { $0.count < Self.toldMax && $0.insert(difference).inserted }
            guard isMine else { continue }
            do throws(Fault) {
                try await tell(difference)
            } catch {
                told.withLock { _ = $0.remove(difference) }
                throw error
            }
            comparison.suspects[difference] = nil
        }
    }

    /// Those that a whole comparison did not find may have ended, or may only have become too old for it. Each is asked
    /// about by itself, and kept while nobody can say.
    private func forgetEnded(except found: Set<LedgerDifference>) async throws(Fault) {
        let missing = told.withLock { $0.subtracting(found) }
        try await forEach(Array(missing)) { [self] difference throws(Fault) in
            guard let exists = try? await ledgers.exists(difference), !exists else { return }
            told.withLock { _ = $0.remove(difference) }
        }
    }

    /// A capture that we were never told of, such as one whose webhook was lost: its word is taken now.
    ///
    /// - Returns: The differences that stay.
    private func mend(_ differences: [LedgerDifference]) async throws(Fault) -> Set<LedgerDifference> {
        let missed = differences.filter { $0.kind == .notCaptured }.compactMap(\.paymentID)
        let payments = try await store.payments(missed)
        // What is unknown is settled anyway.
        do throws(Fault) {
            try await forEach(payments.filter { $0.status != .unknown }) { [desk] payment throws(Fault) in
                _ = try await desk.readBack(payment)
            }
        } catch {
            // All others were read. Those that cannot be stay differences, and must not keep those from being told of.
            logger.warning("a payment that differs cannot be read", metadata: ["fault": "\(error)"])
        }
        let settled = Set(try await store.payments(missed).filter { $0.status.isCaptured }.map(\.id))
        return Set(
            differences.filter { difference in
                difference.kind != .notCaptured || !(difference.paymentID.map(settled.contains) ?? false)
            })
    }

    private func tell(_ difference: LedgerDifference) async throws(Fault) {
        logger.error(
            "the gateway's ledger and ours differ",
            metadata: [
                "kind": "\(difference.kind.rawValue)", "payment": "\(difference.paymentID.map { "\($0)" } ?? "-")",
                "ours": "\(difference.ours)", "gateway's": "\(difference.gateways)",
            ])
        let payment = try await store.payments(difference.paymentID.map { [$0] } ?? []).first
        let report = ReportDifference(
            paymentID: difference.paymentID, userID: payment?.userID,
            amount: Won(abs(difference.gateways - difference.ours)))
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
