public import Domain
public import Ports

/// Reads both ledgers, page by page, for comparing them.
public struct LedgerReader: Sendable {
    private static let pageSize = 1_000
    /// The most lines of one comparison.
    public static let linesMax = 1_000_000

    private let store: any PaymentStore
    private let gateway: any PaymentGateway

    public init(store: any PaymentStore, gateway: any PaymentGateway) {
        self.store = store
        self.gateway = gateway
    }

    /// Compares what the gateway booked from `from` until `until` with our payments.
    public func compare(from: Timestamp, until: Timestamp) async throws(Fault) -> LedgerComparison {
        var entries = try await ours(from: from, until: until)
        let lines = try await transactions(from: from, until: until)
        // Read after the gateway's: a payment that was captured meanwhile is captured here too.
        let known = Set(entries.map(\.payment.id))
        let others = Set(lines.compactMap(\.orderID)).subtracting(known).sorted()
        entries += try await entriesOf(others)
        return LedgerComparison(transactions: lines, entries: entries, from: from)
    }

    private func transactions(from: Timestamp, until: Timestamp) async throws(Fault) -> [GatewayTransaction] {
        var lines: [GatewayTransaction] = []
        while true {
            let page = try await gateway.transactions(
                from: from, until: until, after: lines.last?.id, limit: Self.pageSize)
            lines += page
            if page.count < Self.pageSize { return lines }
            try check(lines.count)
        }
    }

    private func ours(from: Timestamp, until: Timestamp) async throws(Fault) -> [LedgerEntry] {
        var entries: [LedgerEntry] = []
        var after: PaymentID? = PaymentID.least(at: from)
        while true {
            let page = try await store.cardPayments(after: after, limit: Self.pageSize)
            for (payment, done, _) in page where payment.id.madeAt < until {
                entries.append(LedgerEntry(payment: payment, refundsDone: done))
            }
            after = page.last?.payment.id
            if page.count < Self.pageSize { return entries }
            try check(entries.count)
        }
    }

    private func check(_ count: Int) throws(Fault) {
        guard count >= Self.linesMax else { return }
        throw Fault(
            .broken, attempt: "compare ledgers",
            reason: "there are more than \(Self.linesMax) lines; compare a shorter time")
    }

    private func entriesOf(_ ids: [PaymentID]) async throws(Fault) -> [LedgerEntry] {
        var entries: [LedgerEntry] = []
        for payment in try await store.payments(ids) {
            var done = Won.zero
            if payment.cardRefunded > .zero {
                for refund in try await store.refunds(of: payment.id) where refund.status == .done {
                    done += refund.amount
                }
            }
            entries.append(LedgerEntry(payment: payment, refundsDone: done))
        }
        return entries
    }
}
