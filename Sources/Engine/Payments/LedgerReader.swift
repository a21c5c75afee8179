public import Domain
public import Ports

/// Reads both ledgers, page by page, for comparing them.
///
/// However much was sold, it keeps no more than a part of the payments in mind: for each part of our own, in the order
/// they were made, it goes through the gateway's ledger from where that part begins. A day that fits into one part is
/// read once.
public struct LedgerReader: Sendable {
    /// The gateway's clock may be behind ours: so much before a payment was made there may be a line of it.
    private static let behindSeconds = 600

    private let store: any PaymentStore
    private let gateway: any PaymentGateway
    private let partSize: Int
    private let pageSize: Int

    /// - Parameters:
    ///   - partSize: Payments that are compared at once: the memory that a comparison takes.
    ///   - pageSize: Lines or payments that are asked for at once.
    public init(
        store: any PaymentStore, gateway: any PaymentGateway, partSize: Int = 50_000, pageSize: Int = 1_000
    ) {
        self.store = store
        self.gateway = gateway
        self.partSize = partSize
        self.pageSize = pageSize
    }

    /// Compares what the gateway booked from `from` until `until` with our payments.
    ///
    /// - Parameter goesOn: Asked before each page of the gateway's.
    /// - Returns: Nil when it did not go on.
    public func compare(
        from: Timestamp, until: Timestamp, while goesOn: @Sendable () async -> Bool = { true }
    ) async throws(Fault) -> LedgerComparison? {
        var comparison = LedgerComparison(from: from)
        // Lines of payments that are not in any part: made before `from`, or after the part was read, or by nobody. Some
        // of their lines may be elsewhere, so their sums are not.
        var strays = LedgerComparison(from: Timestamp(milliseconds: .max))
        var part = try await ours(after: PaymentID.least(at: from), until: until)
        var isFirst = true
        while true {
            let start = isFirst ? from : max(from, part.after.madeAt.adding(seconds: -Self.behindSeconds))
            var last: String?
            while true {
                guard await goesOn() else { return nil }
                let page = try await gateway.transactions(from: start, until: until, after: last, limit: pageSize)
                for line in page {
                    switch part.place(of: line.orderID) {
                    case .within: comparison.add(line)
                    case .between: strays.add(line)
                    case .before: if isFirst { strays.add(line) }
                    case .later: break
                    }
                }
                if strays.waitingCount >= partSize { try await compare(&strays, isEnd: false) }
                guard page.count == pageSize, let end = page.last else { break }
                last = end.id
            }
            comparison.compare(part.entries)
            guard let end = part.end else { break }
            part = try await ours(after: end, until: until)
            isFirst = false
        }
        try await compare(&strays, isEnd: true)
        comparison.merge(strays)
        return comparison
    }

    /// Whether there is still some difference about the payment that one was found of, however long ago.
    func exists(_ difference: LedgerDifference) async throws(Fault) -> Bool {
        let found: GatewayPayment?
        if difference.paymentKey.isEmpty, let id = difference.paymentID {
            found = try await gateway.payment(orderID: id, until: nil)
        } else {
            found = try await gateway.payment(key: difference.paymentKey, until: nil)
        }
        // As if its ledger had one line of what was paid and one of what was given back.
        var comparison = LedgerComparison(from: Timestamp(milliseconds: 0))
        if let found, found.status == .captured {
            for amount in [found.amount.amount, -found.refunded.amount] where amount != 0 {
                comparison.add(
                    GatewayTransaction(
                        id: "", paymentKey: found.paymentKey, orderID: found.orderID, amount: amount,
                        at: Timestamp(milliseconds: 0)))
            }
            // Nobody's order: it is one as long as there is money of it.
            if found.orderID == nil { return found.amount > found.refunded }
        }
        let ours = try await store.cardPayments(difference.paymentID.map { [$0] } ?? [])
        comparison.compare(ours.map { LedgerEntry($0) })
        comparison.endPart()
        return comparison.differenceCount > 0
    }

    /// Looks up our side of what was added, after the gateway's: a payment that was captured meanwhile is captured here
    /// too.
    ///
    /// - Parameter isEnd: Whether no further lines come. Money that we have not captured may still turn out to have been
    ///   given back: it waits for that.
    private func compare(_ strays: inout LedgerComparison, isEnd: Bool) async throws(Fault) {
        if isEnd { strays.takeKept() }
        var orders = strays.waiting[...]
        while !orders.isEmpty {
            let page = Array(orders.prefix(pageSize))
            orders = orders.dropFirst(page.count)
            let found = try await store.cardPayments(page)
            strays.compare(found.map { LedgerEntry($0) }, keepingNotCaptured: !isEnd)
        }
        strays.endPart()
    }

    /// Some of our payments, in order of id.
    private struct Part {
        /// They were made after this one.
        let after: PaymentID
        /// The last of them; nil when there are no further ones.
        var end: PaymentID?
        var entries: [LedgerEntry] = []
        var ids: Set<PaymentID> = []

        enum Place { case before, within, between, later }

        /// Where an order belongs. What is not an order of ours comes before all.
        func place(of order: PaymentID?) -> Place {
            guard let order, order > after else { return .before }
            if let end, order > end { return .later }
            return ids.contains(order) ? .within : .between
        }
    }

    private func ours(after: PaymentID, until: Timestamp) async throws(Fault) -> Part {
        var part = Part(after: after)
        var last = after
        while true {
            let page = try await store.cardPayments(after: last, limit: pageSize)
            for one in page where one.payment.id.madeAt < until {
                part.entries.append(LedgerEntry(one))
                part.ids.insert(one.payment.id)
            }
            guard page.count == pageSize, let end = page.last?.payment.id, end.madeAt < until else { return part }
            last = end
            guard part.entries.count < partSize else {
                part.end = end
                return part
            }
        }
    }
}

extension LedgerEntry {
    fileprivate init(_ row: (payment: Payment, refundsDone: Won, refundsPending: Won)) {
        self.init(payment: row.payment, refundsDone: row.refundsDone)
    }
}
