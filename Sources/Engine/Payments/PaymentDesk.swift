public import Domain
public import Logging
public import Ports

/// Has cards pay: stores the intent, asks the gateway, and stores what it said. No transaction is open meanwhile.
public final class PaymentDesk: Sendable {
    private let engine: Engine
    private let store: any Store
    private let gateway: any PaymentGateway
    private let clock: any WallClock
    private let logger: Logger
    private let ids = IDMint()
    public let policy: PaymentPolicy
    /// How long asking the gateway may take, with all its calls, until what it said is stored. Nobody else asks about the
    /// payment meanwhile.
    private let tryMs: Int

    /// - Parameter tryMs: More than the gateway's driver takes before it gives up.
    public init(
        engine: Engine, store: any Store, gateway: any PaymentGateway, policy: PaymentPolicy, tryMs: Int,
        clock: any WallClock, logger: Logger
    ) {
        self.engine = engine
        self.store = store
        self.gateway = gateway
        self.policy = policy
        self.tryMs = tryMs
        self.clock = clock
        self.logger = logger
    }

    /// Where the fan pays what a card is to pay.
    public func checkoutURL(for payment: Payment, title: String) -> String {
        gateway.checkoutURL(for: CheckoutOrder(orderID: payment.id, amount: payment.card, title: title))
    }

    // MARK: A fan comes back from the gateway's page

    /// Captures a payment.
    ///
    /// - Parameters:
    ///   - amount: What the browser was told, to be compared with what is to be paid.
    ///   - encode: Writes the answer from ``Outcome/paymentSettled(_:_:wallet:)``.
    public func confirm(
        _ payment: PaymentID, of user: UserID, paymentKey: String, amount: Won?, idempotency: Idempotency,
        encode: @Sendable @escaping (Outcome) -> EncodedAnswer
    ) async -> Answer {
        // The fan may hang up: what has begun is finished all the same.
        return await Task {
            let deadline = Self.deadline(claimMs: tryMs)
            let claim: ClaimID = ids.next(at: clock.now())
            let begin = BeginCapture(
                userID: user, paymentID: payment, paymentKey: paymentKey, amount: amount, policy: policy,
                claim: claim, tryMs: tryMs)
            let result: CaptureResult
            switch await engine.outcome(of: .beginCapture(begin)) {
            case .success(.captureBegun(let begun)):
                result = await gateway.capture(
                    CaptureOrder(orderID: payment, paymentKey: paymentKey, amount: begun.card), until: deadline)
            // It is settled: this changes nothing, and remembers the answer.
            case .success: result = .unknown
            case .failure(let failure): return failure.answer
            }
            let complete = Command.completePayment(
                CompletePayment(
                    ownerID: user, paymentID: payment, paymentKey: paymentKey, result: result,
                    retryMs: Self.firstRetryMs, claim: claim))
            if result == .wrongKey {
                if case .failure(let failure) = await engine.outcome(of: complete) { return failure.answer }
                return .refused(.paymentKeyInvalid)
            }
            return await engine.submit(
                Submission(.command(complete), idempotency: idempotency, encode: encode))
        }.value
    }

    // MARK: Asking the gateway again

    static let firstRetryMs = 1_000
    /// So often a capture is asked for that the gateway does not answer and does not make. If it makes it later, the money
    /// is treated like any that comes late.
    private static let captureTriesMax = 2
    /// Short enough for everything to be known within a minute of the gateway's return.
    private static let retryMaxMs = 15_000

    /// Of the time that is claimed, what is kept for storing what the gateway says.
    private static let storeMs = 1_000

    /// When the last call under a claim must have ended. Taken before the claim is stored, it is no later than the claim
    /// allows.
    private static func deadline(claimMs: Int) -> ContinuousClock.Instant {
        .now.advanced(by: .milliseconds(max(claimMs - storeMs, claimMs / 2)))
    }

    /// Finds out what became of a payment that nobody knows about. Nothing is done while somebody else asks.
    func settle(_ payment: Payment) async throws(Fault) {
        // A shorter claim would not leave time for reading the key, reading the order, and capturing.
        let deadline = Self.deadline(claimMs: tryMs)
        let claim = AskAgain(
            ownerID: payment.userID, paymentID: payment.id, claim: ids.next(at: clock.now()), tryMs: tryMs)
        let claimed: Payment
        switch await engine.outcome(of: .askAgain(claim)) {
        case .success(.captureBegun(let payment)): claimed = payment
        case .success: return
        case .failure(let failure): return try failure.orFault()
        }
        do throws(Fault) {
            // What the gateway says may not fit: then the payment is as it was, and a person must look at it.
            if try await ask(about: claimed, until: deadline).claim == claim.claim { await handBack(claimed) }
        } catch {
            await handBack(claimed)
            throw error
        }
    }

    /// - Returns: How the payment is now.
    private func ask(
        about claimed: Payment, until deadline: ContinuousClock.Instant
    ) async throws(Fault) -> Payment {
        guard let key = claimed.gatewayKey else { preconditionFailure("UNKNOWN without a key") }
        let found = try await find(claimed, until: deadline)
        if let found, case .captured = found.status {
            return try await take(found, for: claimed, claim: claimed.claim)
        }
        let result: CaptureResult
        switch found {
        case let found? where found.paymentKey == key:
            if case .over(let code) = found.status {
                result = .declined(code: code)
            } else {
                result = try await captureAgain(claimed, key: key, until: deadline)
            }
        // The gateway has none with this key, or only another card's for the same order.
        default: result = .wrongKey
        }
        return try await complete(claimed, key: key, result: result, claim: claimed.claim)
    }

    private func handBack(_ claimed: Payment) async {
        guard let claim = claimed.claim else { preconditionFailure("a claim of nobody's") }
        let handBack = HandBack(
            ownerID: claimed.userID, paymentID: claimed.id, claim: claim, retryMs: retryMs(claimed))
        // If it cannot be stored, the claim runs out by itself.
        _ = await engine.outcome(of: .handBack(handBack))
    }

    /// Reads a payment back from the gateway and takes its word, if it has one: a webhook that says something is only a
    /// reason to ask. What to make of silence is the reconciler's.
    ///
    /// - Returns: The gateway's payment; nil when it has none for this order.
    @discardableResult
    public func readBack(_ payment: Payment) async throws(Fault) -> GatewayPayment? {
        let found = try await find(payment, until: nil)
        if let found { _ = try await take(found, for: payment, claim: nil) }
        return found
    }

    /// Staff let a payment go that stays `UNKNOWN`. The gateway is asked first: only when it says that it captured money
    /// which the payment cannot take is there nothing more to find out. Otherwise nobody would look for that money any more.
    ///
    /// - Throws: When the gateway cannot say.
    public func letGo(
        _ payment: Payment, by staff: UserID, reason: String, idempotency: Idempotency,
        encode: @Sendable @escaping (Outcome) -> EncodedAnswer
    ) async throws(Fault) -> Answer {
        let now = clock.now()
        if payment.status == .unknown, !payment.isClaimed(at: now) {
            let found = try await readBack(payment)
            let after = try await store.payment(payment.id) ?? payment
            let isAgainstOurs: Bool =
                if let found, case .captured = found.status { found.refunded < found.amount } else { false }
            // The gateway may still be asked to capture it: the reconciler finds out, as it does with all.
            if after.status == .unknown, !isAgainstOurs {
                return .refused(.paymentUnderWay(until: max(after.tryAt ?? now, now)))
            }
        }
        let command = LetPaymentGo(ownerID: payment.userID, paymentID: payment.id, staffID: staff, reason: reason)
        return await engine.submit(
            Submission(.command(.letPaymentGo(command)), idempotency: idempotency, encode: encode))
    }

    /// - Parameter claim: Under which the gateway was asked.
    /// - Returns: How the payment is now.
    private func take(
        _ found: GatewayPayment, for payment: Payment, claim: ClaimID?
    ) async throws(Fault) -> Payment {
        switch found.status {
        // Given back already, and not by us: we had not known of it. There is no money to sell anything for.
        case .captured where found.refunded >= found.amount:
            try await complete(
                payment, key: payment.gatewayKey ?? found.paymentKey, result: .declined(code: DeclineCode.givenBack),
                claim: claim)
        case .captured:
            try await complete(payment, key: found.paymentKey, result: .captured(amount: found.amount), claim: claim)
        case .over(let code):
            try await complete(payment, key: found.paymentKey, result: .declined(code: code), claim: claim)
        case .open: payment
        }
    }

    private func complete(
        _ payment: Payment, key: String, result: CaptureResult, claim: ClaimID?
    ) async throws(Fault) -> Payment {
        let complete = CompletePayment(
            ownerID: payment.userID, paymentID: payment.id, paymentKey: key, result: result,
            retryMs: retryMs(payment), claim: claim)
        switch await engine.outcome(of: .completePayment(complete)) {
        case .success(.paymentSettled(let settled, _, _)): return settled
        case .success: return payment
        case .failure(let failure):
            try failure.orFault()
            return payment
        }
    }

    /// The longer nobody has known, the more rarely it is asked.
    private func retryMs(_ payment: Payment) -> Int {
        let ageMs = clock.now().milliseconds(since: payment.unknownSince ?? payment.createdAt)
        return Int(min(max(ageMs / 4, Int64(Self.firstRetryMs)), Int64(Self.retryMaxMs)))
    }

    private func find(
        _ payment: Payment, until deadline: ContinuousClock.Instant?
    ) async throws(Fault) -> GatewayPayment? {
        if let key = payment.gatewayKey, let found = try await gateway.payment(key: key, until: deadline),
            found.orderID == payment.id
        {
            // Another card may have paid the same order since.
            if case .captured = found.status { return found }
            if let ofOrder = try await gateway.payment(orderID: payment.id, until: deadline),
                case .captured = ofOrder.status
            {
                return ofOrder
            }
            return found
        }
        return try await gateway.payment(orderID: payment.id, until: deadline)
    }

    /// The capture did not get there. It is made again, known by the same key, while there is something to sell for it.
    private func captureAgain(
        _ payment: Payment, key: String, until deadline: ContinuousClock.Instant
    ) async throws(Fault) -> CaptureResult {
        guard payment.tryCount < Self.captureTriesMax else { return .declined(code: DeclineCode.noAnswer) }
        if let id = payment.reservationID {
            guard let reservation = try await store.reservation(id), reservation.status == .confirmed,
                reservation.expiresAt > clock.now()
            else { return .declined(code: DeclineCode.expired) }
            // That the date has begun is no reason: whoever began to pay in time may end after it.
            guard let date = try await store.date(reservation.dateID), !date.isCancelled,
                let concert = try await store.concert(date.concertID), concert.status == .published
            else { return .declined(code: DeclineCode.saleOver) }
        }
        return await gateway.capture(
            CaptureOrder(orderID: payment.id, paymentKey: key, amount: payment.card), until: deadline)
    }

    // MARK: Giving money back

    private static let refundRetryMaxMs = 15_000
    private static let freshRefundMs: Int64 = 3_600_000

    /// Has the gateway give back what is owed, once, however often it is asked.
    func settle(_ refund: Refund, of payment: Payment) async throws(Fault) {
        guard let key = payment.gatewayKey else { preconditionFailure("a card refund of a payment without a key") }
        let order = RefundOrder(
            id: refund.id, paymentKey: key, amount: refund.amount, reason: refund.reason,
            // What was asked for at this moment nobody has asked for before.
            mayBeDone: refund.tryCount > 0 || clock.now().milliseconds(since: refund.createdAt) > Self.freshRefundMs)
        let result: SettleRefund.Result
        switch await gateway.refund(order) {
        case .done: result = .done
        case .refused(let code):
            logger.error(
                "the gateway will not give money back",
                metadata: ["payment": "\(payment.id)", "refund": "\(refund.id)", "code": "\(code)"])
            result = .refused(code: code)
        case .unknown:
            let retryMs = min(Self.firstRetryMs << min(refund.tryCount, 10), Self.refundRetryMaxMs)
            result = .unknown(retryMs: retryMs)
        }
        let settle = SettleRefund(refundID: refund.id, paymentID: payment.id, result: result)
        if case .failure(let failure) = await engine.outcome(of: .settleRefund(settle)) { try failure.orFault() }
    }
}
