import Domain
import TestSupport
import Testing

/// What can happen to a card payment, in any order and any number of times.
private enum Step: CaseIterable {
    /// The deadline passes, and the sweeper comes.
    case expire
    /// A rival claims the seat, if it is free.
    case rival
    /// The fan confirms and the card pays.
    case capture
    /// The fan confirms and the card is declined.
    case decline
    /// The fan confirms with a key that is not this payment's, and the answer is lost.
    case wrongKey
    /// The fan confirms, the card pays, and the answer is lost.
    case timeoutAfterCapture
    /// The fan confirms, and the gateway never hears of it.
    case timeoutBeforeCapture
    /// It hears of it after all, when nobody waits for the answer any more.
    case arrives
    /// The gateway is asked what it knows.
    case webhook
    /// The last word of the gateway comes once more, however old.
    case again
    /// The fan begins again, with another payment.
    case request
    /// Staff let the payment go, whatever the gateway would say.
    case letGo
    /// Whoever asks hands the asking back.
    case handBack
    /// The gateway refuses to give money back, and staff do it by transfer.
    case byHand

    /// What happens without staff, and often enough to be tried in longer rows.
    static let usual = allCases.filter { ![.letGo, .handBack, .byHand].contains($0) }
}

/// The payment gateway, as simple as can be: it captures a payment once, and gives each refund back once.
private struct PureGateway {
    enum Status { case open, captured, over }

    private(set) var status: [PaymentID: Status] = [:]
    private(set) var captured: Int64 = 0
    private(set) var refunds: [RefundID: Int64] = [:]
    /// Captures that it was asked for and has not heard of.
    var onItsWay: [Payment] = []

    mutating func arrive() {
        for payment in onItsWay { _ = capture(payment, declines: false) }
        onItsWay = []
    }

    /// - Returns: What it says of a capture.
    mutating func capture(_ payment: Payment, declines: Bool) -> CaptureResult {
        switch (status[payment.id] ?? .open, declines) {
        case (.captured, _): return .captured(amount: payment.card)
        case (.over, _): return .declined(code: "REJECT")
        case (.open, true):
            status[payment.id] = .over
            return .declined(code: "REJECT")
        case (.open, false):
            status[payment.id] = .captured
            captured += payment.card.amount
            return .captured(amount: payment.card)
        }
    }

    mutating func giveBack(_ refund: Refund) { refunds[refund.id] = refund.amount.amount }

    var kept: Int64 { captured - refunds.values.reduce(0, +) }
}

/// A fan with 200,000 points who pays 150,000 won: 50,000 in points and the rest by card.
private struct World {
    static let points: Int64 = 50_000
    static let card: Int64 = 100_000

    var sale = PureSale()
    var gateway = PureGateway()
    let reservation: ReservationID
    var payment: PaymentID
    var last: Command?
    private var claims: UInt64 = 0
    var events: [Event] { sale.rows.events }

    init() throws {
        sale.rows.read(Wallet(userID: sale.fan, balance: .zero))
        try sale.run(sale.charge(200_000))
        reservation = try sale.held([0]).id
        payment = try sale.run(sale.request(reservation, points: Self.points)).payment.id
    }

    private func row(_ id: PaymentID) -> Payment {
        guard let payment = sale.rows.payments[id] else { preconditionFailure("a payment without a row") }
        return payment
    }

    var key: String { "key-\(payment)" }

    // MARK: Steps

    mutating func take(_ step: Step) {
        sale.now = sale.now.adding(milliseconds: 6_000)
        switch step {
        case .expire:
            sale.now = sale.now.adding(seconds: 300)
            _ = try? sale.run(sale.expire(reservation))
        case .rival: _ = try? sale.run(sale.hold([0], by: sale.rival, seconds: 3_000))
        case .capture: confirm { $0.capture($1, declines: false) }
        case .decline: confirm { $0.capture($1, declines: true) }
        case .wrongKey:
            confirm(with: "foreign") { _, _ in .unknown }
        case .timeoutAfterCapture:
            confirm { gateway, payment in
                _ = gateway.capture(payment, declines: false)
                return .unknown
            }
        case .timeoutBeforeCapture:
            confirm { gateway, payment in
                gateway.onItsWay.append(payment)
                return .unknown
            }
        case .arrives: gateway.arrive()
        case .webhook: readBack(payment)
        case .again: if let last { _ = try? sale.run(last) }
        case .request:
            if let next = try? sale.run(sale.request(reservation, points: Self.points)).outcome,
                case .paymentRequested(let made, _) = next
            {
                payment = made.id
            }
        case .letGo:
            _ = try? sale.run(
                .letPaymentGo(
                    LetPaymentGo(ownerID: sale.fan, paymentID: payment, staffID: .sample(99), reason: "다른 금액")))
        case .handBack:
            guard let claim = row(payment).claim else { return }
            _ = try? sale.run(
                .handBack(HandBack(ownerID: sale.fan, paymentID: payment, claim: claim, retryMs: 1_000)))
        case .byHand:
            for refund in sale.refunds where refund.status == .requested {
                let refused = SettleRefund(
                    refundID: refund.id, paymentID: refund.paymentID, result: .refused(code: "CLOSED"))
                _ = try? sale.run(.settleRefund(refused))
                let byHand = SettleRefundByHand(refundID: refund.id, staffID: .sample(99), reason: "계좌 이체")
                _ = try? sale.run(.settleRefundByHand(byHand))
            }
        }
    }

    private mutating func confirm(
        with other: String? = nil, _ ask: (inout PureGateway, Payment) -> CaptureResult
    ) {
        claims += 1
        guard let begun = try? sale.run(sale.begin(payment, key: other ?? key, claim: claims)).outcome,
            case .captureBegun(let row) = begun
        else { return }
        tell(payment, ask(&gateway, row), key: other ?? key)
    }

    private mutating func tell(_ id: PaymentID, _ result: CaptureResult, key: String? = nil) {
        let command = sale.complete(id, result, key: key ?? "key-\(id)")
        last = command
        _ = try? sale.run(command)
    }

    private mutating func readBack(_ id: PaymentID) {
        switch gateway.status[id] ?? .open {
        case .captured: tell(id, .captured(amount: row(id).card))
        // A decline of the right key says nothing of another that was asked for.
        case .over where row(id).gatewayKey == "key-\(id)": tell(id, .declined(code: "REJECT"))
        case .over, .open: if let key = row(id).gatewayKey, row(id).status == .unknown { tell(id, .wrongKey, key: key) }
        }
    }

    /// What the reconciler does until nothing is left to do.
    mutating func reconcile() {
        sale.now = sale.now.adding(seconds: 300)
        // Twice: what one payment gives up, another may need.
        for payment in sale.payments + sale.payments { readBack(payment.id) }
        for refund in sale.refunds where refund.status == .requested {
            gateway.giveBack(refund)
            // It is asked twice: the first answer was lost.
            gateway.giveBack(refund)
            _ = try? sale.run(
                .settleRefund(SettleRefund(refundID: refund.id, paymentID: refund.paymentID, result: .done)))
        }
        _ = try? sale.run(sale.expire(reservation))
    }

    // MARK: What must hold

    /// After every step.
    func wrong() -> String? {
        guard let reservation = sale.rows.reservations[reservation] else { return "no reservation" }
        let captured = sale.payments.filter { $0.status == .captured }
        let open = sale.payments.filter(\.status.isOpen)
        let valid = sale.rows.tickets(of: reservation.id).filter { $0.status == .valid }
        let seat = sale.rows.seats[sale.seat(0)]
        let ledger = sale.ledger
        let balance = sale.balance().amount

        if (reservation.status == .paid) != (captured.count == 1) || captured.count > 1 {
            return "\(reservation.status) with \(captured.count) captured payments"
        }
        if valid.count != captured.count { return "\(valid.count) tickets for \(captured.count) captured payments" }
        if reservation.status == .paid, seat?.reservationID != reservation.id || seat?.state != .paid {
            return "PAID without its seat"
        }
        if reservation.status.isOver, seat?.reservationID == reservation.id { return "over, and keeps its seat" }
        if reservation.status == .confirmed, open.count != 1 || seat?.state != .confirmed {
            return "CONFIRMED with \(open.count) open payments and a seat that is \(seat.map(\.state.rawValue) ?? "-")"
        }
        if reservation.status == .paid, seat?.fence != reservation.seats[0].fence { return "an old fence" }
        if balance < 0 || ledger[sale.fan.account] != balance { return "the wallet is not its ledger" }
        if ledger.values.reduce(0, +) != 0 { return "the ledger does not sum to zero" }
        if ledger[Account.reserved] ?? 0 != Int64(open.count) * Self.points { return "points set aside for nothing" }
        if ledger[Account.sales] ?? 0 != Int64(captured.count) * (Self.points + Self.card) { return "sales are wrong" }
        if balance + (ledger[Account.reserved] ?? 0) + Int64(captured.count) * Self.points != 200_000 {
            return "points were lost"
        }
        let versions = events.filter { $0.subjectID == ID(reservation.id) }.map(\.version)
        if versions != Array(1...reservation.version) { return "events \(versions) for version \(reservation.version)" }
        // What was captured and not heard of yet aside, the gateway has our money or owes it back.
        let owed = sale.refunds.reduce(0) { $0 + $1.amount.amount }
        if gateway.captured < owed + Int64(captured.count) * Self.card { return "more was given back than came" }
        return nil
    }

    /// When all is known.
    func wrongAtEnd() -> String? {
        if let wrong = wrong() { return wrong }
        let captured = sale.payments.filter { $0.status == .captured }.count
        if sale.payments.contains(where: { $0.status == .unknown }) { return "UNKNOWN for ever" }
        // What staff transferred the gateway still has; the books owe it to nobody.
        let kept = gateway.kept - sale.refunds.filter { $0.status == .settled }.reduce(0) { $0 + $1.amount.amount }
        if kept != Int64(captured) * Self.card { return "the gateway keeps \(gateway.kept)" }
        if ledger(Account.gateway) != -kept { return "our ledger of the gateway is wrong" }
        return nil
    }

    private func ledger(_ account: ID<Account>) -> Int64 { sale.ledger[account] ?? 0 }
}

@Suite("Card payments in every order")
struct EveryOrderTests {
    @Test("After any five steps, and then when all is known, no money is lost and nothing is sold twice")
    func everyOrder() throws {
        let ends = try ends(after: Step.usual, lengthMax: 5)
        // Every end was reached, so the walk did go everywhere.
        #expect(ends["PAID", default: 0] > 1_000)
        #expect(ends["EXPIRED", default: 0] > 1_000)
        #expect(ends["EXPIRED, money given back", default: 0] > 100)
        #expect(ends["PAID, money given back", default: 0] > 0)
    }

    @Test("The same after any four, of which some are what staff do and what is handed back")
    func everyOrderWithStaff() throws {
        // From the start, and from where money came that nobody heard of.
        var ends = try ends(after: Step.allCases, lengthMax: 4)
        ends.merge(try self.ends(after: Step.allCases, lengthMax: 5, from: [.timeoutAfterCapture]), uniquingKeysWith: +)
        #expect(ends["PAID, LET_GO", default: 0] > 100)
        #expect(ends["EXPIRED, LET_GO", default: 0] > 100)
        #expect(ends["EXPIRED, by hand", default: 0] > 0)
    }

    /// - Returns: How often it ended in which way.
    private func ends(after steps: [Step], lengthMax: Int, from start: [Step] = []) throws -> [String: Int] {
        var ends: [String: Int] = [:]
        func walk(_ world: World, _ path: [Step]) {
            var end = world
            end.reconcile()
            if let wrong = world.wrong() ?? end.wrongAtEnd() {
                Issue.record("\(path): \(wrong)")
                return
            }
            let status = end.sale.rows.reservations[end.reservation]?.status.rawValue ?? "-"
            let back = end.gateway.refunds.isEmpty ? "" : ", money given back"
            ends[status + back, default: 0] += 1
            if world.sale.payments.contains(where: { $0.declineCode == DeclineCode.letGo }) {
                ends[status + ", LET_GO", default: 0] += 1
            }
            if end.sale.refunds.contains(where: { $0.status == .settled }) {
                ends[status + ", by hand", default: 0] += 1
            }
            guard path.count < lengthMax else { return }
            for step in steps {
                var next = world
                next.take(step)
                walk(next, path + [step])
            }
        }
        var first = try World()
        for step in start { first.take(step) }
        walk(first, start)
        return ends
    }

    @Test("Money that comes after the hold takes the same seat again, with a new fence and both events")
    func retaken() throws {
        var world = try World()
        world.take(.timeoutAfterCapture)
        world.take(.expire)
        let fence = try #require(world.sale.rows.seats[world.sale.seat(0)]).fence
        #expect(world.sale.rows.reservations[world.reservation]?.status == .expired)
        world.take(.webhook)
        let reservation = try #require(world.sale.rows.reservations[world.reservation])
        #expect(reservation.status == .paid)
        #expect(reservation.seats[0].fence == fence + 1)
        #expect(world.events.suffix(2).map(\.kind) == [.reservationRetaken, .reservationPaid])
        #expect(world.sale.rows.retaken == [world.reservation])
    }

    @Test("Money that comes when a rival has the seat goes back once, with all points")
    func returned() throws {
        var world = try World()
        for step in [Step.timeoutAfterCapture, .expire, .rival, .webhook, .again, .webhook] { world.take(step) }
        #expect(world.sale.rows.payments[world.payment]?.status == .refunded)
        #expect(world.sale.refunds.map(\.amount) == [Won(World.card)])
        #expect(world.sale.balance() == Won(200_000))
        #expect(world.events.last?.kind == .paymentReturned)
        world.reconcile()
        #expect(world.gateway.kept == 0)
    }
}
