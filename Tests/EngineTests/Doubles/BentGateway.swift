import Domain
import GatewayToss
import Ports
import Synchronization

/// The sandbox, bent at one place, with a note of what it was asked.
struct BentGateway: PaymentGateway {
    /// What it was asked, and until when.
    final class Notes: Sendable {
        private let calls = Mutex<[(name: String, deadline: ContinuousClock.Instant?)]>([])

        var all: [(name: String, deadline: ContinuousClock.Instant?)] { calls.withLock { $0 } }

        func count(_ name: String) -> Int { all.count { $0.name == name } }

        fileprivate func add(_ name: String, _ deadline: ContinuousClock.Instant? = nil) {
            calls.withLock { $0.append((name, deadline)) }
        }
    }

    let base: TossGateway
    let notes = Notes()
    var read: @Sendable (_ key: String?, GatewayPayment?) throws(Fault) -> GatewayPayment? = { _, found in found }
    /// Answered instead of asking for a capture.
    var captures: CaptureResult?
    var beforePage: @Sendable () async -> Void = {}

    /// One payment of it cannot be read.
    static func poisoned(_ base: TossGateway, key poison: String) -> BentGateway {
        BentGateway(
            base: base,
            read: { key, found throws(Fault) in
                guard key != poison else { throw Fault(.broken, attempt: "read a payment", reason: "it is no payment") }
                return found
            })
    }

    var name: String { base.name }
    func checkoutURL(for order: CheckoutOrder) -> String { base.checkoutURL(for: order) }

    func capture(_ order: CaptureOrder, until deadline: ContinuousClock.Instant?) async -> CaptureResult {
        notes.add("capture", deadline)
        if let captures { return captures }
        return await base.capture(order, until: deadline)
    }

    func payment(key: String, until deadline: ContinuousClock.Instant?) async throws(Fault) -> GatewayPayment? {
        notes.add("payment", deadline)
        return try read(key, try await base.payment(key: key, until: deadline))
    }

    func payment(orderID: PaymentID, until deadline: ContinuousClock.Instant?) async throws(Fault) -> GatewayPayment? {
        notes.add("order", deadline)
        return try read(nil, try await base.payment(orderID: orderID, until: deadline))
    }

    func refund(_ order: RefundOrder) async -> RefundResult { await base.refund(order) }

    func transactions(from: Timestamp, until: Timestamp, after: String?, limit: Int) async throws(Fault)
        -> [GatewayTransaction]
    {
        notes.add("transactions")
        await beforePage()
        return try await base.transactions(from: from, until: until, after: after, limit: limit)
    }
}
