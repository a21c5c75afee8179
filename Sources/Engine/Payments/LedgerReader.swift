public import Domain
public import Ports

/// Reads both ledgers, page by page, for comparing them.
public struct LedgerReader: Sendable {
    private static let pageSize = 1_000
    /// The most lines of one comparison; a longer time is compared in parts.
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
            guard page.count == Self.pageSize, lines.count < Self.linesMax else { return lines }
        }
    }

    private func ours(from: Timestamp, until: Timestamp) async throws(Fault) -> [LedgerEntry] {
        var entries: [LedgerEntry] = []
        var after: PaymentID? = PaymentID.least(at: from)
        while true {
            let page = try await store.cardPayments(after: after, limit: Self.pageSize)
            for (payment, done, pending) in page where payment.id.madeAt < until {
                entries.append(LedgerEntry(payment: payment, refundsDone: done, refundsPending: pending))
            }
            after = page.last?.payment.id
            guard page.count == Self.pageSize, entries.count < Self.linesMax else { return entries }
        }
    }

    private func entriesOf(_ ids: [PaymentID]) async throws(Fault) -> [LedgerEntry] {
        var entries: [LedgerEntry] = []
        for payment in try await store.payments(ids) {
            let refunds = try await store.refunds(of: payment.id)
            func sum(_ status: Refund.Status) -> Won {
                refunds.reduce(.zero) { $1.status == status ? $0 + $1.amount : $0 }
            }
            entries.append(
                LedgerEntry(payment: payment, refundsDone: sum(.done), refundsPending: sum(.requested)))
        }
        return entries
    }
}
