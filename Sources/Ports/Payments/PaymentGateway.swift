public import Domain

/// Takes card payments: a company on the internet, slow and sometimes away. Every call may be repeated: each carries a
/// key by which the gateway knows it again, and does its work once.
///
/// No transaction and no lock is held while one of these is waited for.
public protocol PaymentGateway: Sendable {
    /// Its name for logs and metrics.
    var name: String { get }

    /// The address of the page on which the fan pays. From there the browser comes back with a payment key.
    func checkoutURL(for order: CheckoutOrder) -> String

    /// Captures what the fan has agreed to on the gateway's page. Takes as long as the driver's time-out at most; what
    /// is not known by then is ``CaptureResult/unknown``, never a failure. What was not asked at all is
    /// ``CaptureResult/notSent``.
    ///
    /// - Parameter deadline: When it must have ended, if that is sooner than the driver's own time-out.
    func capture(_ order: CaptureOrder, until deadline: ContinuousClock.Instant?) async -> CaptureResult

    /// The payment as the gateway has it. Nil when it knows none.
    func payment(key: String, until deadline: ContinuousClock.Instant?) async throws(Fault) -> GatewayPayment?
    func payment(orderID: PaymentID, until deadline: ContinuousClock.Instant?) async throws(Fault) -> GatewayPayment?

    /// Gives money of a captured payment back to the card, once for each `RefundOrder.id`.
    func refund(_ order: RefundOrder) async -> RefundResult

    /// The gateway's ledger, oldest first: captures and refunds.
    ///
    /// - Parameters:
    ///   - from: Not before this moment.
    ///   - until: Before this moment.
    ///   - after: The last `GatewayTransaction.id` of the page before.
    ///   - limit: 1 to 5,000.
    func transactions(from: Timestamp, until: Timestamp, after: String?, limit: Int) async throws(Fault)
        -> [GatewayTransaction]
}

extension PaymentGateway {
    /// As long as the driver's own time-out allows.
    public func capture(_ order: CaptureOrder) async -> CaptureResult { await capture(order, until: nil) }

    public func payment(key: String) async throws(Fault) -> GatewayPayment? { try await payment(key: key, until: nil) }

    public func payment(orderID: PaymentID) async throws(Fault) -> GatewayPayment? {
        try await payment(orderID: orderID, until: nil)
    }
}

/// What a fan is sent to the gateway's page with.
public struct CheckoutOrder: Hashable, Sendable {
    public let orderID: PaymentID
    /// What the card is to pay.
    public let amount: Won
    /// What the fan reads there: 1 to 100 characters.
    public let title: String

    public init(orderID: PaymentID, amount: Won, title: String) {
        self.orderID = orderID
        self.amount = amount
        self.title = title
    }
}

public struct CaptureOrder: Hashable, Sendable {
    /// The payment's id is the gateway's order id.
    public let orderID: PaymentID
    /// What the gateway calls the payment, as the browser brought it back.
    public let paymentKey: String
    public let amount: Won

    public init(orderID: PaymentID, paymentKey: String, amount: Won) {
        self.orderID = orderID
        self.paymentKey = paymentKey
        self.amount = amount
    }
}

public struct RefundOrder: Hashable, Sendable {
    /// By this the gateway knows a repeated call.
    public let id: RefundID
    public let paymentKey: String
    public let amount: Won
    public let reason: String
    /// Whether it may have been done before, by a call whose answer was lost. Gateways forget ids of calls after some
    /// days, so then it is looked up first.
    public let mayBeDone: Bool

    public init(id: RefundID, paymentKey: String, amount: Won, reason: String, mayBeDone: Bool = false) {
        self.id = id
        self.paymentKey = paymentKey
        self.amount = amount
        self.reason = reason
        self.mayBeDone = mayBeDone
    }
}

/// What became of a call that gives money back.
public enum RefundResult: Hashable, Sendable {
    case done
    /// The gateway will never do it; its code, for staff.
    case refused(code: String)
    /// Nobody knows: to be asked again with the same order.
    case unknown
}

/// A payment as the gateway has it.
public struct GatewayPayment: Hashable, Sendable {
    public enum Status: Hashable, Sendable {
        /// The fan has not finished on the gateway's page, or nobody has captured yet.
        case open
        case captured
        /// Aborted or expired: it will never be captured.
        case over(code: String)
    }

    public let paymentKey: String
    /// Nil when the order is not one of ours.
    public let orderID: PaymentID?
    public let status: Status
    public let amount: Won
    /// What was given back so far.
    public let refunded: Won

    public init(paymentKey: String, orderID: PaymentID?, status: Status, amount: Won, refunded: Won) {
        self.paymentKey = paymentKey
        self.orderID = orderID
        self.status = status
        self.amount = amount
        self.refunded = refunded
    }
}

/// A line of the gateway's ledger.
public struct GatewayTransaction: Hashable, Sendable {
    public let id: String
    public let paymentKey: String
    /// Nil when the order is not one of ours.
    public let orderID: PaymentID?
    /// What the card paid; negative for what was given back.
    public let amount: Int64
    public let at: Timestamp

    public init(id: String, paymentKey: String, orderID: PaymentID?, amount: Int64, at: Timestamp) {
        self.id = id
        self.paymentKey = paymentKey
        self.orderID = orderID
        self.amount = amount
        self.at = at
    }
}
