internal import Domain
internal import Logging
internal import Ports
internal import ServiceLifecycle
internal import Synchronization

/// What the sandbox's calls do, whatever they are called by: the ledger, its journal, misfortune and webhooks.
///
/// Whatever a caller is told stands in the journal already.
final class Bank: Sendable {
    /// A request that the sandbox leaves without an answer for as long as it was told to, and then with this.
    struct GaveUp: Error {}

    private struct State {
        var ledger: Ledger
        /// Idempotency keys of requests that have not been answered yet.
        var underWay: Set<String> = []
    }

    let dice: FaultDice
    let webhooks: WebhookSender
    private let state: Mutex<State>
    private let journal: Journal?
    private let clock: any WallClock

    /// - Parameter path: The journal's file. Nil keeps the ledger in memory only.
    init(
        path: String?, paymentCountMax: Int, dice: FaultDice, webhooks: WebhookSender, clock: any WallClock
    ) throws(Journal.Failure) {
        self.dice = dice
        self.webhooks = webhooks
        self.clock = clock
        var ledger = Ledger(paymentCountMax: paymentCountMax)
        if let path {
            journal = try Journal.open(path: path) { line in
                guard let record = LedgerRecord(line: line) else { return false }
                return ledger.apply(record) != nil
            }
        } else {
            journal = nil
        }
        state = Mutex(State(ledger: ledger))
    }

    /// To be called when no request is under way any more.
    func close() {
        journal?.release()
    }

    // MARK: - The page

    func open(
        orderID: String, orderName: String, amount: Int64, card: TestCard, lastDigits: String
    ) async throws -> SandboxPayment {
        let key = newKey("sandbox_")
        return try await change { ledger, now throws(SandboxError) in
            try ledger.open(
                paymentKey: key, orderID: orderID, orderName: orderName, amount: amount, card: card,
                lastDigits: lastDigits, at: now)
        }
    }

    // MARK: - The API

    /// Captures, once for each idempotency key and once for each payment anyway.
    func confirm(
        paymentKey: String, orderID: String, amount: Int64, idempotencyKey: String?
    ) async throws -> SandboxPayment {
        let idempotencyKey = idempotencyKey.map { "confirm:" + $0 }
        func isSame(_ payment: SandboxPayment) -> Bool {
            payment.paymentKey == paymentKey && payment.orderID == orderID && payment.amount == amount
        }
        return try await once(idempotencyKey, isSame: isSame) {
            try await self.expireOverdue()
            let payment = try self.look { ledger throws(SandboxError) in
                try ledger.checkConfirmation(paymentKey: paymentKey, orderID: orderID, amount: amount)
            }
            let misfortune = self.dice.confirmation(of: payment.card)
            try await self.before(misfortune)
            let result = try await self.change { ledger, now throws(SandboxError) in
                // Another request may have captured it, or it may have expired, while this one was slow.
                let payment = try ledger.checkConfirmation(paymentKey: paymentKey, orderID: orderID, amount: amount)
                if payment.isOverdue(at: now) { throw .notFoundSession }
                if case .declined(let code) = misfortune {
                    return ledger.decline(
                        payment, code: code ?? .rejectCardPayment, idempotencyKey: idempotencyKey, at: now)
                }
                return ledger.confirm(
                    payment, transactionKey: newKey("tx_"), idempotencyKey: idempotencyKey, at: now)
            }
            try await self.after(misfortune)
            if let failure = result.failure { throw failure }
            return result
        }
    }

    func cancel(
        paymentKey: String, amount: Int64?, reason: String, idempotencyKey: String?
    ) async throws -> SandboxPayment {
        let idempotencyKey = idempotencyKey.map { "cancel:\(paymentKey):" + $0 }
        func isSame(_ payment: SandboxPayment) -> Bool {
            guard let last = payment.cancels.last else { return false }
            return (amount == nil || amount == last.amount) && last.reason == reason
        }
        return try await once(idempotencyKey, isSame: isSame) {
            let card = self.look { $0.payment(key: paymentKey)?.card }
            let misfortune = card.flatMap { self.dice.refund(of: $0) }
            if misfortune == .refused { throw SandboxError.notCancelablePayment }
            try await self.before(misfortune)
            let result = try await self.change { ledger, now throws(SandboxError) in
                try ledger.cancel(
                    paymentKey: paymentKey, amount: amount, reason: reason, transactionKey: newKey("tx_"),
                    idempotencyKey: idempotencyKey, at: now)
            }
            try await self.after(misfortune)
            return result
        }
    }

    func payment(key: String) async throws -> SandboxPayment {
        try await read { $0.payment(key: key) }
    }

    func payment(orderID: String) async throws -> SandboxPayment {
        try await read { $0.payment(orderID: orderID) }
    }

    func lines(
        from: Timestamp, until: Timestamp, after: String?, limit: Int
    ) async throws -> [(Ledger.Line, SandboxPayment)] {
        let lines = try look { ledger throws(SandboxError) in
            try ledger.lines(from: from, until: until, after: after, limit: limit)
        }
        try await journal?.synced()
        return lines
    }

    /// - Parameter start: How many payments come before, in the order in which they were opened.
    func payments(from start: Int, limit: Int) async throws -> (page: [SandboxPayment], totals: Totals) {
        try await expireOverdue()
        let found = look { ledger in
            (
                Array(ledger.payments.dropFirst(start).prefix(limit)),
                Totals(
                    payments: ledger.payments.count,
                    captured: ledger.payments.reduce(0) { $0 + ($1.isCaptured ? $1.amount : 0) },
                    refunded: ledger.payments.reduce(0) { $0 + $1.refunded },
                    captureCountMax: ledger.payments.reduce(0) { max($0, $1.captureCount) })
            )
        }
        try await journal?.synced()
        return found
    }

    struct Totals: Encodable {
        let payments: Int
        let captured: Int64
        let refunded: Int64
        /// More than one is a card that paid twice.
        let captureCountMax: Int
    }

    // MARK: - Misfortune

    private func before(_ misfortune: Misfortune?) async throws {
        switch misfortune {
        case .slow: try await wait(seconds: dice.faults.slowSeconds)
        case .timeoutBefore:
            try await wait(seconds: dice.faults.hangSeconds)
            throw GaveUp()
        case .errorBefore: throw SandboxError.failedInternally
        case .declined, .timeoutAfter, .errorAfter, .refused, nil: break
        }
    }

    private func after(_ misfortune: Misfortune?) async throws {
        switch misfortune {
        case .timeoutAfter:
            try await wait(seconds: dice.faults.hangSeconds)
            throw GaveUp()
        case .errorAfter: throw SandboxError.failedInternally
        case .declined, .slow, .timeoutBefore, .errorBefore, .refused, nil: break
        }
    }

    /// A server that ends does not wait for those whom it leaves waiting.
    private func wait(seconds: Double) async throws {
        try await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(seconds)) }
    }

    // MARK: - The ledger

    /// Does the work once for the key: later requests get the first one's answer, and those that come while it is
    /// under way are told so.
    private func once(
        _ idempotencyKey: String?, isSame: (SandboxPayment) -> Bool, work: () async throws -> SandboxPayment
    ) async throws -> SandboxPayment {
        guard let idempotencyKey else { return try await work() }
        let earlier = try state.withLock { state throws(SandboxError) -> (SandboxPayment, Ledger.Stored.Outcome)? in
            guard !state.underWay.contains(idempotencyKey) else { throw .idempotentRequestProcessing }
            if let earlier = state.ledger.stored(idempotencyKey) { return earlier }
            state.underWay.insert(idempotencyKey)
            return nil
        }
        if let (payment, outcome) = earlier {
            try await journal?.synced()
            switch outcome {
            case .confirmed:
                guard isSame(payment) else { throw SandboxError.invalidIdempotencyKey }
                return payment.asOf(cancelCount: 0)
            case .declined(let code):
                guard isSame(payment) else { throw SandboxError.invalidIdempotencyKey }
                throw code
            case .cancelled(let count):
                let then = payment.asOf(cancelCount: count)
                guard isSame(then) else { throw SandboxError.invalidIdempotencyKey }
                return then
            }
        }
        defer { _ = state.withLock { $0.underWay.remove(idempotencyKey) } }
        return try await work()
    }

    private func look<Found>(_ body: (Ledger) throws(SandboxError) -> Found) throws(SandboxError) -> Found {
        try state.withLock { state throws(SandboxError) in try body(state.ledger) }
    }

    private func look<Found>(_ body: (Ledger) -> Found) -> Found {
        state.withLock { body($0.ledger) }
    }

    private func read(_ find: (Ledger) -> SandboxPayment?) async throws -> SandboxPayment {
        try await expireOverdue()
        guard let payment = look(find) else { throw SandboxError.notFoundPayment }
        // What is told must not be undone by a crash.
        try await journal?.synced()
        return payment
    }

    /// Decides and applies one change, and waits until it is on the disk.
    private func change(
        _ decide: (Ledger, Timestamp) throws(SandboxError) -> LedgerRecord
    ) async throws -> SandboxPayment {
        let now = clock.now()
        let payment = try state.withLock { state throws(SandboxError) in
            apply(try decide(state.ledger, now), to: &state.ledger)
        }
        try await journal?.synced()
        webhooks.tell(payment, misfortunes: dice.webhook(of: payment.card), at: now)
        return payment
    }

    private func expireOverdue() async throws {
        let now = clock.now()
        let expired = state.withLock { state in
            state.ledger.overdue(at: now).map { apply($0, to: &state.ledger) }
        }
        guard !expired.isEmpty else { return }
        try await journal?.synced()
        for payment in expired { webhooks.tell(payment, misfortunes: dice.webhook(of: payment.card), at: now) }
    }

    private func apply(_ record: LedgerRecord, to ledger: inout Ledger) -> SandboxPayment {
        guard let payment = ledger.apply(record) else {
            preconditionFailure("a record that was just decided fits the ledger")
        }
        journal?.append(record.line)
        return payment
    }
}

/// A key that nobody guesses.
private func newKey(_ prefix: String) -> String {
    var random = SystemRandomNumberGenerator()
    let id = ID<SandboxPayment>(high: random.next(), low: random.next())
    return prefix + id.description.filter { $0 != "-" }
}
