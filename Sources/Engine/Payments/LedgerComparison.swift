public import Domain
public import Ports

/// Where the gateway's ledger and ours say different things about a payment.
public struct LedgerDifference: Hashable, Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        /// The gateway has a payment that we do not.
        case unknownOrder
        /// The gateway captured it, we did not.
        case notCaptured
        /// We captured it, the gateway did not.
        case missing
        /// Both captured, not the same amount.
        case amount
        /// The gateway gave back more than we owe.
        case refundedMore
        /// What we hold for given back is not.
        case refundedLess
    }

    public let kind: Kind
    /// Nil when the gateway's order is not one of ours.
    public let paymentID: PaymentID?
    public let paymentKey: String
    /// In won; what is not there is 0.
    public let ours: Int64
    public let gateways: Int64
}

/// A card payment of ours, with what was given back of it.
public struct LedgerEntry: Hashable, Sendable {
    public let payment: Payment
    /// What the gateway has said that it gave back.
    public let refundsDone: Won

    public init(payment: Payment, refundsDone: Won) {
        self.payment = payment
        self.refundsDone = refundsDone
    }
}

/// Compares the two ledgers over a time, some payments after others: the lines of some are added, and then compared with
/// our entries of the same.
public struct LedgerComparison: Sendable {
    /// So many differences are listed; of further ones only the number is known.
    public static let differencesMax = 10_000

    private struct Sums {
        var paymentKey: String
        var captured: Int64 = 0
        var refunded: Int64 = 0
    }

    public private(set) var differences: [LedgerDifference] = []
    /// Those that are not listed, too.
    public private(set) var differenceCount = 0
    /// Payments that were looked at.
    public private(set) var paymentCount = 0
    private let from: Timestamp
    private var ofOrder: [PaymentID: Sums] = [:]
    /// Those of which a later line may say that the money went back.
    private var kept: [PaymentID: Sums] = [:]

    /// - Parameter from: Payments from here on have all their lines added, so sums are compared as well.
    public init(from: Timestamp) {
        self.from = from
    }

    /// The orders whose lines were added and that were not compared yet.
    var waiting: [PaymentID] { ofOrder.keys.sorted() }
    /// Those that were kept back for later do not count.
    var waitingCount: Int { ofOrder.count }

    /// No further lines come: what was kept back is compared as it is.
    mutating func takeKept() {
        ofOrder.merge(kept) { one, _ in one }
        kept = [:]
    }

    public mutating func add(_ line: GatewayTransaction) {
        guard let order = line.orderID else {
            add(.unknownOrder, nil, line.paymentKey, ours: 0, gateways: line.amount)
            return
        }
        var sums = ofOrder[order] ?? kept.removeValue(forKey: order) ?? Sums(paymentKey: line.paymentKey)
        if line.amount >= 0 { sums.captured += line.amount } else { sums.refunded -= line.amount }
        ofOrder[order] = sums
    }

    /// Compares payments with the lines that were added of them, which are done with then.
    ///
    /// - Parameter keepingNotCaptured: Keeps the lines of those that the gateway captured and we did not: as many as
    ///   differences are listed.
    public mutating func compare(_ entries: [LedgerEntry], keepingNotCaptured: Bool = false) {
        for entry in entries {
            if keepingNotCaptured, kept.count < Self.differencesMax, !entry.payment.status.isCaptured,
                let sums = ofOrder[entry.payment.id], sums.captured > sums.refunded
            {
                kept[entry.payment.id] = sums
                ofOrder[entry.payment.id] = nil
                continue
            }
            paymentCount += 1
            compare(
                entry, with: ofOrder.removeValue(forKey: entry.payment.id), isWhole: entry.payment.id.madeAt >= from)
        }
    }

    /// What was added and belongs to no payment of ours.
    public mutating func endPart() {
        for (order, sums) in ofOrder.sorted(by: { $0.key < $1.key }) {
            paymentCount += 1
            add(.unknownOrder, order, sums.paymentKey, ours: 0, gateways: sums.captured - sums.refunded)
        }
        ofOrder = [:]
    }

    /// Takes over what another one found.
    mutating func merge(_ other: LedgerComparison) {
        paymentCount += other.paymentCount
        differenceCount += other.differenceCount
        differences += other.differences.prefix(Self.differencesMax - differences.count)
    }

    private mutating func compare(_ entry: LedgerEntry, with sums: Sums?, isWhole: Bool) {
        let payment = entry.payment
        let key = sums?.paymentKey ?? payment.gatewayKey ?? ""
        let captured = payment.status.isCaptured ? payment.card.amount : 0
        guard let sums else {
            if isWhole, captured > 0 { add(.missing, payment.id, key, ours: captured, gateways: 0) }
            return
        }
        if sums.captured > 0 || isWhole {
            switch (captured, sums.captured) {
            // Nothing came of it: the gateway gave it back by itself, and we have sold nothing for it.
            case (0, _) where sums.refunded >= sums.captured: return
            case (0, _): add(.notCaptured, payment.id, key, ours: 0, gateways: sums.captured)
            case (_, 0): add(.missing, payment.id, key, ours: captured, gateways: 0)
            default:
                if captured != sums.captured { add(.amount, payment.id, key, ours: captured, gateways: sums.captured) }
            }
        }
        // All that was decided, also what the gateway refused to do at first: staff may have had it do so.
        let owed = payment.cardRefunded
        if sums.refunded > owed.amount {
            add(.refundedMore, payment.id, key, ours: owed.amount, gateways: sums.refunded)
        } else if isWhole, sums.refunded < entry.refundsDone.amount {
            add(.refundedLess, payment.id, key, ours: entry.refundsDone.amount, gateways: sums.refunded)
        }
    }

    private mutating func add(
        _ kind: LedgerDifference.Kind, _ payment: PaymentID?, _ key: String, ours: Int64, gateways: Int64
    ) {
        differenceCount += 1
        guard differences.count < Self.differencesMax else { return }
        differences.append(
            LedgerDifference(kind: kind, paymentID: payment, paymentKey: key, ours: ours, gateways: gateways))
    }
}
