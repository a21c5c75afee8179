internal import Domain

/// Every payment of the sandbox. It decides what a call does and applies it; time, chance and files are its caller's.
///
/// Deciding gives a ``LedgerRecord`` and changes nothing; applying it does. So a ledger is what its journal says.
struct Ledger {
    /// A movement of money: a capture, or the cancellation of that number.
    struct Line: Hashable {
        let transactionKey: String
        let payment: Int
        let cancel: Int?
        let at: Timestamp
    }

    /// What the first request with an idempotency key came to.
    struct Stored: Hashable {
        enum Outcome: Hashable {
            case confirmed
            case declined(SandboxError)
            /// How many cancellations there were with this one.
            case cancelled(count: Int)
        }

        let payment: Int
        let outcome: Outcome
    }

    static let paymentsPerOrderMax = 20
    static let cancelsPerPaymentMax = 100
    /// Toss' least for a card.
    static let amountMin: Int64 = 100

    let paymentCountMax: Int
    /// In the order in which they were opened.
    private(set) var payments: [SandboxPayment] = []
    /// In the order in which they happened.
    private(set) var lines: [Line] = []
    private var byKey: [String: Int] = [:]
    private var byOrder: [String: [Int]] = [:]
    private var lineByKey: [String: Int] = [:]
    private var stored: [String: Stored] = [:]
    /// Before this one all have been captured, or never will be.
    private var oldestOpen = 0

    init(paymentCountMax: Int) {
        self.paymentCountMax = paymentCountMax
    }

    // MARK: - Looking

    func payment(key: String) -> SandboxPayment? {
        byKey[key].map { payments[$0] }
    }

    /// The one that was captured; if none was, the latest.
    func payment(orderID: String) -> SandboxPayment? {
        let all = (byOrder[orderID] ?? []).map { payments[$0] }
        return all.first(where: \.isCaptured) ?? all.last
    }

    func stored(_ idempotencyKey: String) -> (SandboxPayment, Stored.Outcome)? {
        stored[idempotencyKey].map { (payments[$0.payment], $0.outcome) }
    }

    /// Lines of that time, in order, after the one with that key.
    func lines(
        from: Timestamp, until: Timestamp, after: String?, limit: Int
    ) throws(SandboxError) -> [(Line, SandboxPayment)] {
        var start = 0
        if let after {
            guard let known = lineByKey[after] else { throw .invalidTransactionKey }
            start = known + 1
        }
        return lines[start...].lazy.filter { from <= $0.at && $0.at < until }.prefix(limit)
            .map { ($0, payments[$0.payment]) }
    }

    // MARK: - Deciding

    func open(
        paymentKey: String, orderID: String, orderName: String, amount: Int64, card: TestCard, lastDigits: String,
        at now: Timestamp
    ) throws(SandboxError) -> LedgerRecord {
        guard payments.count < paymentCountMax, (byOrder[orderID]?.count ?? 0) < Self.paymentsPerOrderMax else {
            throw .tooMuch
        }
        var record = LedgerRecord(.opened, paymentKey, at: now.milliseconds)
        record.orderID = orderID
        record.orderName = orderName
        record.amount = amount
        record.card = card
        record.lastDigits = lastDigits
        return record
    }

    /// Whether this confirmation may go on to the card.
    ///
    /// - Precondition: A payment that is overdue has been expired.
    func checkConfirmation(
        paymentKey: String, orderID: String, amount: Int64
    ) throws(SandboxError) -> SandboxPayment {
        guard let payment = payment(key: paymentKey) else { throw .notFoundPayment }
        guard payment.orderID == orderID else { throw .forbiddenRequest }
        guard payment.amount == amount else { throw .invalidRequest }
        switch payment.status {
        case .inProgress: break
        case .done, .partlyCancelled, .cancelled, .aborted: throw .alreadyProcessed
        case .expired: throw .notFoundSession
        }
        if let owner = self.payment(orderID: orderID), owner.isCaptured { throw .duplicatedOrder }
        guard amount >= Self.amountMin else { throw .belowMinimum }
        return payment
    }

    func confirm(
        _ payment: SandboxPayment, transactionKey: String, idempotencyKey: String?, at now: Timestamp
    ) -> LedgerRecord {
        var record = LedgerRecord(.confirmed, payment.paymentKey, at: now.milliseconds)
        record.transactionKey = transactionKey
        record.idempotencyKey = idempotencyKey
        return record
    }

    func decline(
        _ payment: SandboxPayment, code: SandboxError, idempotencyKey: String?, at now: Timestamp
    ) -> LedgerRecord {
        var record = LedgerRecord(.declined, payment.paymentKey, at: now.milliseconds)
        record.code = code
        record.idempotencyKey = idempotencyKey
        return record
    }

    /// - Parameter amount: Nil for all that is left.
    func cancel(
        paymentKey: String, amount: Int64?, reason: String, transactionKey: String, idempotencyKey: String?,
        at now: Timestamp
    ) throws(SandboxError) -> LedgerRecord {
        guard let payment = payment(key: paymentKey) else { throw .notFoundPayment }
        switch payment.status {
        case .done, .partlyCancelled: break
        case .cancelled: throw .alreadyCanceled
        case .inProgress, .aborted, .expired: throw .notCancelablePayment
        }
        let amount = amount ?? payment.balance
        guard amount > 0 else { throw .invalidRequest }
        guard amount <= payment.balance else { throw .notCancelableAmount }
        guard payment.cancels.count < Self.cancelsPerPaymentMax else { throw .notCancelablePayment }
        var record = LedgerRecord(.cancelled, paymentKey, at: now.milliseconds)
        record.cancelAmount = amount
        record.cancelReason = reason
        record.transactionKey = transactionKey
        record.idempotencyKey = idempotencyKey
        return record
    }

    /// Those that nobody captured in time.
    mutating func overdue(at now: Timestamp) -> [LedgerRecord] {
        while oldestOpen < payments.count, payments[oldestOpen].status != .inProgress { oldestOpen += 1 }
        // They were opened in this order, so the first that still has time ends the search.
        return payments[oldestOpen...].lazy.filter { $0.status == .inProgress }.prefix { $0.isOverdue(at: now) }
            .map { LedgerRecord(.expired, $0.paymentKey, at: now.milliseconds) }
    }

    // MARK: - Applying

    /// - Returns: The payment as it is now. Nil for a record that does not fit: a journal that is not ours.
    mutating func apply(_ record: LedgerRecord) -> SandboxPayment? {
        let at = Timestamp(milliseconds: record.at)
        if record.kind == .opened { return applyOpening(record, at: at) }
        guard let index = byKey[record.paymentKey] else { return nil }
        switch record.kind {
        case .opened: return nil
        case .confirmed:
            guard let key = record.transactionKey else { return nil }
            payments[index].status = .done
            payments[index].approvedAt = at
            payments[index].captureKey = key
            payments[index].captureCount += 1
            append(Line(transactionKey: key, payment: index, cancel: nil, at: at))
            store(record, index, .confirmed)
        case .declined:
            guard let code = record.code else { return nil }
            payments[index].status = .aborted
            payments[index].failure = code
            store(record, index, .declined(code))
        case .cancelled:
            guard let key = record.transactionKey, let amount = record.cancelAmount,
                (1...max(1, payments[index].balance)).contains(amount)
            else { return nil }
            payments[index].cancels.append(
                .init(transactionKey: key, amount: amount, reason: record.cancelReason ?? "", at: at))
            payments[index].status = payments[index].balance == 0 ? .cancelled : .partlyCancelled
            let count = payments[index].cancels.count
            append(Line(transactionKey: key, payment: index, cancel: count - 1, at: at))
            store(record, index, .cancelled(count: count))
        case .expired: payments[index].status = .expired
        }
        return payments[index]
    }

    private mutating func applyOpening(_ record: LedgerRecord, at: Timestamp) -> SandboxPayment? {
        guard byKey[record.paymentKey] == nil, let orderID = record.orderID, let amount = record.amount,
            let card = record.card
        else { return nil }
        let index = payments.count
        payments.append(
            SandboxPayment(
                paymentKey: record.paymentKey, orderID: orderID, orderName: record.orderName ?? "", amount: amount,
                card: card, lastDigits: record.lastDigits ?? "", requestedAt: at))
        byKey[record.paymentKey] = index
        byOrder[orderID, default: []].append(index)
        return payments[index]
    }

    private mutating func append(_ line: Line) {
        lineByKey[line.transactionKey] = lines.count
        lines.append(line)
    }

    private mutating func store(_ record: LedgerRecord, _ index: Int, _ outcome: Stored.Outcome) {
        if let key = record.idempotencyKey { stored[key] = Stored(payment: index, outcome: outcome) }
    }
}
