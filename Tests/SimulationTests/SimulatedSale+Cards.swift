import Domain
import Engine
import Ports
import TestSupport

/// Fans who pay by card, and the reconciler. What they do has no idempotency record: its own rules must bear its being
/// done twice, in any order, or only in half before a crash.
extension SimulatedSale {
    /// The page's, the gateway's and the reconciler's next move.
    func stepCards() async throws(Violation) {
        let rows = store.rows
        let fan = cardFans[Int.random(in: 0..<cardFans.count, using: &random)]
        let own = rows.reservations.values.filter { $0.userID == fan }.sorted { $0.id < $1.id }
        let live = own.filter { $0.status == .pending || $0.status == .confirmed }
        let payments = rows.payments.values.filter { $0.userID == fan && $0.card > .zero }.sorted { $0.id < $1.id }
        let all = rows.payments.values.filter { $0.card > .zero }.sorted { $0.id < $1.id }
        let unknown = all.filter { $0.status == .unknown }
        let choice = random.index(weights: [10, 2, 10, 14, 1, 1, 2, 5, 6, 5, 2, 1, 1, 1, 4])
        trace.add("card \(choice)")
        switch choice {
        case 0:
            let free = rows.seats.values.filter { $0.isFree(at: clock.now()) }
            let wanted = random.isLucky(percent: 80) ? free.map(\.id) : Array(rows.seats.keys)
            let seats = wanted.sorted().shuffled(using: &random).prefix(Int.random(in: 1...2, using: &random))
            guard !seats.isEmpty else { return }
            let hold = HoldSeats(
                userID: fan, dateID: date, choice: .seats(Array(seats)),
                holdSeconds: Int.random(in: 1...30, using: &random))
            await run([.hold(hold)])
        case 1: await run([.charge(ChargePoints(userID: fan, amount: Won(Int64.random(in: 1...90, using: &random))))])
        case 2:
            guard let reservation = random.pick(from: live) else { return }
            let most = min(reservation.amount.amount - 1, rows.wallets[fan]?.balance.amount ?? 0)
            let points = random.isLucky(percent: 50) ? 0 : Int64.random(in: 0...max(0, most), using: &random)
            let request = RequestPayment(
                userID: fan, reservationID: reservation.id, points: Won(points), policy: Self.paymentPolicy)
            await run([.requestPayment(request)])
        case 3:
            guard let payment = random.pick(from: payments.filter(\.status.isOpen)) else { return }
            await confirm(payment, otherwise: random.pick(from: all))
        case 4:
            guard let reservation = random.pick(from: live) else { return }
            await run([.release(ReleaseHold(userID: fan, reservationID: reservation.id))])
        case 5:
            guard let reservation = random.pick(from: live) else { return }
            await run([.pay(PayWithPoints(userID: fan, reservationID: reservation.id))])
        case 6:
            let request = RequestCharge(userID: fan, amount: Won(Int64.random(in: 1...200, using: &random)))
            await run([.requestCharge(request)])
        case 7:
            guard let payment = random.pick(from: payments.filter { $0.reservationID != nil }) else { return }
            let tickets = payment.reservationID.map { rows.tickets(of: $0) } ?? []
            let some = random.isLucky(percent: 50) ? random.pick(from: tickets).map { [$0.id] } : nil
            await run([.refund(RefundPayment(ownerID: fan, paymentID: payment.id, ticketIDs: some))])
        case 8: await readBack(random.pick(from: unknown.isEmpty || random.isLucky(percent: 20) ? all : unknown))
        case 9: await settleRefunds()
        case 10: gateway.wake()
        case 11: await letGo(random.pick(from: unknown))
        case 12: await expireCharge(random.pick(from: all.filter { $0.reservationID == nil }))
        case 13: await settleByHand()
        default: await letRunOut(live.filter { $0.status == .confirmed })
        }
    }

    /// The browser comes back from the gateway's page, sometimes with another payment's key.
    private func confirm(_ payment: Payment, otherwise: Payment?) async {
        var key = gateway.agree(to: payment.id, amount: payment.card)
        if let otherwise, random.isLucky(percent: 25) { key = gateway.agree(to: otherwise.id, amount: otherwise.card) }
        let claim = claimID()
        let begin = BeginCapture(
            userID: payment.userID, paymentID: payment.id, paymentKey: key, amount: payment.card,
            policy: Self.paymentPolicy, claim: claim, tryMs: 5_000)
        guard case .captureBegun = await run([.beginCapture(begin)]).first?.receipt else { return }
        guard !crashesNow() else { return }
        let result = gateway.capture(
            payment.id, key: key, amount: payment.card, isWell: isGatewayWell, random: &random)
        count("capture \(result.word)")
        guard !crashesNow() else { return }
        await complete(payment, key: key, result, claim: claim)
    }

    /// The hold ends while the card may be paying, and sometimes another fan has the seats at once.
    private func letRunOut(_ waiting: [Reservation]) async {
        guard let reservation = random.pick(from: waiting), let rival = random.pick(from: cardFans) else { return }
        move(by: max(0, reservation.expiresAt.milliseconds(since: clock.now())))
        guard await sweep(), random.isLucky(percent: 50) else { return }
        let seats = HoldSeats.Choice.seats(reservation.seats.map(\.id))
        await run([.hold(HoldSeats(userID: rival, dateID: date, choice: seats, holdSeconds: 20))])
    }

    /// Staff let a payment go, even though the gateway may have the money: nothing but it is told by that.
    private func letGo(_ payment: Payment?) async {
        guard let payment else { return }
        let command = LetPaymentGo(
            ownerID: payment.userID, paymentID: payment.id, staffID: .sample(90), reason: "let go")
        if case .paymentSettled = await run([.letPaymentGo(command)]).first?.receipt { count("let go") }
    }

    private func expireCharge(_ charge: Payment?) async {
        guard let charge else { return }
        let command = ExpireCharge(
            paymentID: charge.id, ownerID: charge.userID, afterSeconds: Self.paymentPolicy.checkoutCapSeconds)
        await run([.expireCharge(command)])
        if store.rows.payments[charge.id]?.declineCode == DeclineCode.expired { count("charge expired") }
    }

    /// Staff transfer what the gateway refused to give back.
    private func settleByHand() async {
        for refund in store.rows.refunds.values.filter({ $0.status == .failed }).sorted(by: { $0.id < $1.id }) {
            let command = SettleRefundByHand(refundID: refund.id, staffID: .sample(90), reason: "by transfer")
            if case .refundSettled = await run([.settleRefundByHand(command)]).first?.receipt { count("by hand") }
        }
    }

    private func complete(_ payment: Payment, key: String, _ result: CaptureResult, claim: ClaimID?) async {
        let complete = Command.completePayment(
            CompletePayment(
                ownerID: payment.userID, paymentID: payment.id, paymentKey: key, result: result, retryMs: 1_000,
                claim: claim))
        // A webhook may bring the same word into the same batch.
        await run(random.isLucky(percent: 20) ? [complete, complete] : [complete])
    }

    private func claimID() -> ClaimID {
        claimCount += 1
        return ClaimID(high: 0, low: claimCount)
    }

    private func crashesNow() -> Bool {
        guard !isGatewayWell, random.isLucky(percent: 8) else { return false }
        count("crash around the gateway")
        crash()
        return true
    }

    /// What a webhook and the reconciler do: ask the gateway how a payment is, and take its word. What to make of silence
    /// is the reconciler's, who says first that it asks.
    private func readBack(_ payment: Payment?) async {
        guard let payment else { return }
        var claim: ClaimID?
        if payment.status == .unknown, isGatewayWell || random.isLucky(percent: 70) {
            let ask = AskAgain(ownerID: payment.userID, paymentID: payment.id, claim: claimID(), tryMs: 5_000)
            guard case .captureBegun = await run([.askAgain(ask)]).first?.receipt, !crashesNow() else { return }
            claim = ask.claim
            if !isGatewayWell, random.isLucky(percent: 10) {
                count("handed back")
                let handBack = HandBack(
                    ownerID: payment.userID, paymentID: payment.id, claim: ask.claim, retryMs: 1_000)
                await run([.handBack(handBack)])
                return
            }
        }
        let found = gateway.payment(of: payment.id)
        if let found, found.entry.state == .captured {
            count("read back captured")
            return await complete(payment, key: found.key, .captured(amount: payment.card), claim: claim)
        }
        if claim != nil, let key = payment.gatewayKey {
            let result = result(of: payment, key: key, found: found)
            count("read back \(result.word)")
            await complete(payment, key: key, result, claim: claim)
        } else if let found, case .over(let code) = found.entry.state {
            count("read back declined")
            await complete(payment, key: found.key, .declined(code: code), claim: nil)
        }
    }

    private func result(
        of payment: Payment, key: String, found: (key: String, entry: SimulatedGateway.Entry)?
    ) -> CaptureResult {
        guard let found, found.key == key else { return .wrongKey }
        if case .over(let code) = found.entry.state { return .declined(code: code) }
        guard payment.tryCount < 2 else { return .declined(code: DeclineCode.noAnswer) }
        if let id = payment.reservationID {
            guard let reservation = store.rows.reservations[id], reservation.status == .confirmed,
                reservation.expiresAt > clock.now()
            else { return .declined(code: DeclineCode.expired) }
        }
        return gateway.capture(payment.id, key: key, amount: payment.card, isWell: isGatewayWell, random: &random)
    }

    private func settleRefunds() async {
        let now = clock.now()
        let due = store.rows.refunds.values.filter { $0.status == .requested && $0.tryAt <= now }.sorted {
            $0.id < $1.id
        }
        for refund in due {
            guard let key = store.rows.payments[refund.paymentID]?.gatewayKey else {
                preconditionFailure("a refund to a card whose key nobody knows")
            }
            // One whose answer was lost it does not refuse afterwards.
            let isDoneThere = gateway.entries[key]?.refunds[refund.id] != nil
            if !isGatewayWell, !isDoneThere, random.isLucky(percent: 25) {
                count("refund refused")
                await run([
                    .settleRefund(
                        SettleRefund(
                            refundID: refund.id, paymentID: refund.paymentID, result: .refused(code: "CLOSED")))
                ])
                continue
            }
            let isDone = gateway.refund(
                refund.id, key: key, amount: refund.amount, isWell: isGatewayWell, random: &random)
            guard !crashesNow() else { return }
            count(isDone ? "refund done" : "refund unknown")
            let settle = SettleRefund(
                refundID: refund.id, paymentID: refund.paymentID, result: isDone ? .done : .unknown(retryMs: 1_000))
            await run([.settleRefund(settle)])
        }
    }

    @discardableResult
    private func run(_ commands: [Command]) async -> [Answer] {
        let jobs = commands.map { BatchRunner.Job(command: $0, idempotency: nil, encode: Receipt.encode) }
        let answers = await program.runner.run(jobs).answers
        latest = max(latest, clock.now())
        for (command, answer) in zip(commands, answers) {
            trace.add("card \(command) \(answer)")
            if let refusal = answer.refusal { count("card refused \(refusal.code)") }
        }
        return answers
    }

    // MARK: Both ledgers

    /// Nothing is ever sold for money that the gateway does not have, nor more given back than was taken.
    func checkCards(in rows: StoredRows) throws(Violation) {
        for payment in rows.payments.values where payment.card > .zero && payment.hasMoney {
            guard let key = payment.gatewayKey, let entry = gateway.entries[key], entry.order == payment.id,
                entry.state == .captured
            else { throw Violation(rule: "gateway", details: "\(payment) was never captured") }
            let back = entry.refunds.values.reduce(.zero, +)
            guard back <= payment.cardRefunded else {
                throw Violation(rule: "gateway", details: "\(payment) and \(back) given back")
            }
        }
    }

    /// The gateway does all it was slow with, everyone is asked about until all is known, and both ledgers agree.
    func finishCards() async throws(Violation) {
        isGatewayWell = true
        gateway.wake()
        for _ in 0..<5 {
            move(by: 60_000)
            for payment in store.rows.payments.values.filter({ $0.card > .zero }).sorted(by: { $0.id < $1.id }) {
                await readBack(payment)
            }
            await settleRefunds()
            await settleByHand()
        }
        let rows = store.rows
        for payment in rows.payments.values where payment.card > .zero {
            let taken = gateway.payment(of: payment.id).flatMap { $0.entry.state == .captured ? $0.entry : nil }
            guard payment.status != .unknown, payment.hasMoney == (taken != nil) else {
                throw Violation(
                    rule: "gateway", details: "\(payment), of which the gateway has \(String(describing: taken))")
            }
            guard let taken else { continue }
            let byHand = rows.refunds.values.filter { $0.paymentID == payment.id && $0.status == .settled }
            let back = taken.refunds.values.reduce(.zero, +) + byHand.map(\.amount).reduce(.zero, +)
            guard taken.amount - back == payment.card - payment.cardRefunded else {
                throw Violation(
                    rule: "gateway", details: "\(payment), of which the gateway kept \(taken.amount - back)")
            }
        }
        guard rows.refunds.values.allSatisfy({ $0.status == .done || $0.status == .settled }) else {
            throw Violation(rule: "gateway", details: "a refund was never done")
        }
        guard !rows.reservations.values.contains(where: { $0.status == .confirmed }) else {
            throw Violation(rule: "I6", details: "a hold waits for a card for ever")
        }
        for event in rows.events where event.kind.isOfLateMoney { count(event.kind.rawValue) }
    }
}

extension Payment {
    fileprivate var hasMoney: Bool { !status.isOpen && status != .declined }
}

extension Event.Kind {
    fileprivate var isOfLateMoney: Bool {
        self == .reservationRetaken || self == .paymentReturned || self == .reservationReopened
    }
}

extension CaptureResult {
    fileprivate var word: String {
        switch self {
        case .captured: "captured"
        case .declined: "declined"
        case .wrongKey: "wrongKey"
        case .unknown: "unknown"
        case .notSent: "notSent"
        }
    }
}
