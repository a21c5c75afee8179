public import AsyncHTTPClient
public import Domain
public import Logging
internal import NIOCore
public import Ports
internal import Synchronization

/// Toss Payments' core API, version 1, and whatever speaks it.
///
/// It keeps nothing but the state of its circuit breaker; what became of a payment is always asked of Toss.
public final class TossGateway: PaymentGateway {
    public let name = "toss"

    /// Toss takes 200 characters, and the mark is one of 38.
    private static let reasonLengthMax = 150

    private let settings: TossSettings
    private let pages: Mutex<TossCheckout>
    private let caller: TossCaller
    private let logger: Logger

    /// - Parameter client: Shared with whoever else makes calls, and ended by its owner. Made with
    ///   ``clientConfiguration`` it does what the time-outs here promise.
    public init(settings: TossSettings, client: HTTPClient, logger: Logger) {
        self.settings = settings
        pages = Mutex(settings.checkout)
        self.logger = logger
        caller = TossCaller(settings: settings, client: client, logger: logger)
    }

    /// Follows no redirects, which could lead the secret key elsewhere, and reports a refused connection at once.
    public static var clientConfiguration: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: .seconds(5)))
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
        return configuration
    }

    /// Where fans pay from now on: a server knows its own port only when it listens.
    public var checkout: TossCheckout {
        get { pages.withLock { $0 } }
        set { pages.withLock { $0 = newValue } }
    }

    public func checkoutURL(for order: CheckoutOrder) -> String {
        checkout.url(for: order)
    }

    // MARK: - Capturing

    /// Nothing is sent while the circuit breaker holds calls back, nor when less time is left than half of one try may
    /// take: it would be cut off before the card company had spoken.
    public func capture(_ order: CaptureOrder, until latest: ContinuousClock.Instant?) async -> CaptureResult {
        guard isSendable(order.paymentKey) else { return .wrongKey }
        let deadline = deadline(noLaterThan: latest)
        guard deadline - .now >= .milliseconds(min(settings.tryTimeoutMs, settings.timeoutMs)) / 2 else {
            return .notSent
        }
        let status: Int
        let body: [UInt8]
        switch await caller.send(.confirm(order), until: deadline) {
        case .answer(let answered, let bytes): (status, body) = (answered, bytes)
        case .none: return .unknown
        case .notSent: return .notSent
        }
        if status < 300 {
            guard let payment = TossPayment(body)?.payment, payment.orderID == order.orderID,
                payment.paymentKey == order.paymentKey, payment.status == .captured
            else {
                report("a confirmed payment cannot be read", order.orderID)
                return .unknown
            }
            return .captured(amount: payment.amount)
        }
        let code = TossError.code(body)
        switch CaptureVerdict(status: status, code: code) {
        case .declined: return .declined(code: code)
        case .wrongKey: return .wrongKey
        case .readBack: return await settle(order, refusedWith: code, until: deadline)
        case .unknown: return .unknown
        case .ourMistake:
            report("the payment gateway does not take our requests", order.orderID, code: code, status: status)
            return .unknown
        }
    }

    /// What became of a payment whose confirmation was refused, by what the gateway has.
    private func settle(
        _ order: CaptureOrder, refusedWith code: String, until deadline: ContinuousClock.Instant
    ) async -> CaptureResult {
        do throws(Fault) {
            guard let payment = try await read(.payment(key: order.paymentKey), until: deadline)?.view,
                payment.orderID == order.orderID
            else { return .wrongKey }
            switch payment.status {
            case .captured where payment.refunded >= payment.amount: return .declined(code: "CANCELED")
            case .captured: return .captured(amount: payment.amount)
            case .over(let code): return .declined(code: code)
            case .open where payment.amount != order.amount: return .wrongKey
            case .open: break
            }
            // It may be the order that was refused: another key has captured it.
            if let owner = try await read(.payment(orderID: order.orderID), until: deadline)?.view,
                owner.status == .captured, owner.paymentKey != order.paymentKey
            {
                return .wrongKey
            }
            report("a confirmation was refused and its payment is open", order.orderID, code: code)
            return .unknown
        } catch {
            return .unknown
        }
    }

    // MARK: - Refunding

    /// The refund's id stands at the end of the reason. So the payment's cancellations say whether this one is among
    /// them, also when the answer was lost and Toss no longer knows the idempotency key, which it keeps for 15 days.
    public func refund(_ order: RefundOrder) async -> RefundResult {
        guard isSendable(order.paymentKey) else { return .refused(code: "INVALID_PAYMENT_KEY") }
        let mark = "(\(order.id))"
        let reason = order.reason.prefix(utf16Count: Self.reasonLengthMax) + " " + mark
        if order.mayBeDone {
            do throws(Fault) {
                guard let found = try await read(.payment(key: order.paymentKey), until: caller.deadline) else {
                    return .refused(code: "NOT_FOUND_PAYMENT")
                }
                if found.payment.hasCancel(marked: mark) { return .done }
            } catch {
                return .unknown
            }
        }
        let deadline = caller.deadline
        guard
            case .answer(let status, let body) = await caller.send(
                .cancel(order, reason: reason), until: deadline)
        else {
            // It may have been done all the same, this time or another.
            let found = try? await read(.payment(key: order.paymentKey), until: caller.deadline)
            return found?.payment.hasCancel(marked: mark) == true ? .done : .unknown
        }
        if status < 300 {
            guard let payment = TossPayment(body), payment.paymentKey == order.paymentKey else {
                logger.error("a cancelled payment cannot be read", metadata: ["refund": "\(order.id)"])
                return .unknown
            }
            return .done
        }
        let code = TossError.code(body)
        let verdict = RefundVerdict(status: status, code: code)
        switch verdict {
        case .ourMistake:
            logger.error(
                "the payment gateway does not take our requests",
                metadata: ["refund": "\(order.id)", "code": "\(code)", "status": "\(status)"])
            return .unknown
        case .refused, .readBack, .unknown:
            do throws(Fault) {
                let found = try await read(.payment(key: order.paymentKey), until: deadline)
                if let found, found.payment.hasCancel(marked: mark) { return .done }
                return verdict == .refused ? .refused(code: code) : .unknown
            } catch {
                return .unknown
            }
        }
    }

    // MARK: - Reading

    public func payment(
        key: String, until latest: ContinuousClock.Instant?
    ) async throws(Fault) -> GatewayPayment? {
        guard isSendable(key) else { return nil }
        return try await read(.payment(key: key), until: deadline(noLaterThan: latest))?.view
    }

    public func payment(
        orderID: PaymentID, until latest: ContinuousClock.Instant?
    ) async throws(Fault) -> GatewayPayment? {
        try await read(.payment(orderID: orderID), until: deadline(noLaterThan: latest))?.view
    }

    private func deadline(noLaterThan latest: ContinuousClock.Instant?) -> ContinuousClock.Instant {
        latest.map { min($0, caller.deadline) } ?? caller.deadline
    }

    private func read(
        _ call: TossCall, until deadline: ContinuousClock.Instant
    ) async throws(Fault) -> (payment: TossPayment, view: GatewayPayment)? {
        let attempt = "read a payment from the gateway"
        let (status, body) = try await ask(call, until: deadline, attempt: attempt)
        if status == 404, TossError.code(body) == "NOT_FOUND_PAYMENT" { return nil }
        try check(status, body, attempt: attempt)
        guard let payment = TossPayment(body), let view = payment.payment else {
            throw Fault(.broken, attempt: attempt, reason: "the answer is no payment that we understand")
        }
        return (payment, view)
    }

    /// Toss tells time in whole seconds. So what it did within the second that `from` lies in comes before `from`, and
    /// in the page that ends there; no line is in two such pages, or in none.
    public func transactions(
        from: Timestamp, until: Timestamp, after: String?, limit: Int
    ) async throws(Fault) -> [GatewayTransaction] {
        precondition((1...5_000).contains(limit), "a page has 1 to 5,000 lines")
        let attempt = "read the gateway's ledger"
        let deadline = caller.deadline
        var lines: [GatewayTransaction] = []
        var last = after
        // Lines that move no money or lie outside are left out; a page must not be short for that.
        while lines.count < limit {
            let asked = limit - lines.count
            let (status, body) = try await ask(
                .transactions(from: from, until: until, after: last, limit: asked), until: deadline, attempt: attempt)
            try check(status, body, attempt: attempt)
            guard let page = TossTransaction.list(body) else {
                throw Fault(.broken, attempt: attempt, reason: "the answer is no list that we understand")
            }
            lines += page.compactMap(\.transaction).filter { from <= $0.at && $0.at < until }
            guard page.count >= asked, let end = page.last, end.transactionKey != last else { break }
            last = end.transactionKey
        }
        return lines
    }

    private func ask(
        _ call: TossCall, until deadline: ContinuousClock.Instant, attempt: String
    ) async throws(Fault) -> (status: Int, body: [UInt8]) {
        switch await caller.send(call, until: deadline) {
        case .answer(let status, let body): return (status, body)
        case .none(let reason): throw Fault(.unavailable, attempt: attempt, reason: reason)
        case .notSent:
            throw Fault(.unavailable, attempt: attempt, reason: "the gateway has not answered; calls are held back")
        }
    }

    private func check(_ status: Int, _ body: [UInt8], attempt: String) throws(Fault) {
        guard status >= 300 else { return }
        let code = TossError.code(body)
        if status >= 500 || status == 429 {
            throw Fault(.unavailable, attempt: attempt, reason: "status \(status), \(code)")
        }
        logger.error("the payment gateway refuses to be read", metadata: ["status": "\(status)", "code": "\(code)"])
        throw Fault(.broken, attempt: attempt, reason: "status \(status), \(code)")
    }

    private func report(_ message: Logger.Message, _ order: PaymentID, code: String? = nil, status: Int? = nil) {
        var metadata: Logger.Metadata = ["order": "\(order)"]
        if let code { metadata["code"] = "\(code)" }
        if let status { metadata["status"] = "\(status)" }
        logger.error(message, metadata: metadata)
    }
}

/// What can be asked about at all: printable ASCII, 1 to 200 characters, and not a part of an address that has a meaning
/// of its own. Wider than what browsers may send, since keys that were stored before must go on being asked about.
private func isSendable(_ key: String) -> Bool {
    (1...BeginCapture.keyLengthMax).contains(key.utf8.count) && key.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        && !key.utf8.allSatisfy { $0 == UInt8(ascii: ".") }
}

extension String {
    /// The longest beginning of whole characters that is no longer.
    fileprivate func prefix(utf16Count: Int) -> String {
        var kept = ""
        var count = 0
        for character in self {
            count += character.utf16.count
            guard count <= utf16Count else { break }
            kept.append(character)
        }
        return kept
    }
}
