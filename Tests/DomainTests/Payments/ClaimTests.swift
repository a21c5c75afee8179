import Domain
import TestSupport
import Testing

@Suite("Who asks the gateway about a payment")
struct ClaimTests {
    private func requested() throws -> (PureSale, Reservation, PaymentID) {
        var sale = PureSale()
        let held = try sale.held([0])
        let payment = try sale.run(sale.request(held.id)).payment.id
        return (sale, held, payment)
    }

    private func ask(_ payment: PaymentID, _ claim: UInt64, in sale: PureSale) -> Command {
        .askAgain(AskAgain(ownerID: sale.fan, paymentID: payment, claim: .sample(claim), tryMs: 5_000))
    }

    private func handBack(_ payment: PaymentID, _ claim: UInt64, in sale: PureSale) -> Command {
        .handBack(HandBack(ownerID: sale.fan, paymentID: payment, claim: .sample(claim), retryMs: 1_000))
    }

    @Test("Whoever begins again after a commit that nobody knows about is let on, and nobody else is")
    func ownClaim() throws {
        var (sale, _, payment) = try requested()
        try sale.run(sale.begin(payment, claim: 1))
        let until = sale.now.adding(seconds: 5)
        let again = try sale.run(sale.begin(payment, claim: 1))
        guard case .captureBegun(let begun) = again.outcome else { throw Missing(what: "the claim") }
        #expect(begun.tryAt == until && again.payments.isEmpty, "the claim is not made longer")
        #expect(sale.refusal(sale.begin(payment, claim: 2)) == .paymentUnderWay(until: until))

        sale.now = until
        try sale.run(ask(payment, 3, in: sale))
        guard case .captureBegun(let asked) = try sale.run(ask(payment, 3, in: sale)).outcome else {
            throw Missing(what: "the claim")
        }
        #expect(asked.tryAt == until.adding(seconds: 5))
        #expect(sale.refusal(ask(payment, 4, in: sale)) == .paymentUnderWay(until: until.adding(seconds: 5)))
    }

    @Test("What is handed back is anybody's a little later; another's claim is not handed back")
    func handBack() throws {
        var (sale, _, payment) = try requested()
        try sale.run(sale.begin(payment, claim: 1))
        #expect(try sale.decision(handBack(payment, 2, in: sale)).payments.isEmpty)
        try sale.run(handBack(payment, 1, in: sale))
        let row = try #require(sale.rows.payments[payment])
        #expect((row.status, row.claim, row.tryCount) == (.unknown, nil, 0), "a capture that was not asked for")
        #expect(row.tryAt == sale.now.adding(seconds: 1))
        sale.now = sale.now.adding(seconds: 1)
        #expect(sale.refusal(ask(payment, 2, in: sale)) == nil)
        try sale.run(sale.complete(payment, .captured(amount: Won(150_000))))
        #expect(try sale.decision(handBack(payment, 1, in: sale)).payments.isEmpty, "it is known")
    }

    @Test("The word of somebody whose claim has ended ends no other's claim and counts nothing; money always counts")
    func staleClaim() throws {
        var (sale, _, payment) = try requested()
        try sale.run(sale.begin(payment, claim: 1))
        sale.now = sale.now.adding(seconds: 5)
        try sale.run(ask(payment, 2, in: sale))
        let asked = sale.rows.payments[payment]
        let words: [CaptureResult] = [.unknown, .declined(code: "ABORTED"), .wrongKey, .notSent]
        for word in words {
            #expect(try sale.decision(sale.complete(payment, word, claim: 1)).payments.isEmpty, "\(word)")
        }
        // Nor after the other one has handed it back.
        try sale.run(handBack(payment, 2, in: sale))
        for word in words {
            #expect(try sale.decision(sale.complete(payment, word, claim: 1)).payments.isEmpty, "\(word)")
        }
        #expect(asked?.claim == .sample(2))
        try sale.run(sale.complete(payment, .captured(amount: Won(150_000)), claim: 1))
        #expect(sale.rows.payments[payment]?.status == .captured)
    }

    @Test("What was only read ends no claim that runs, and is believed when none does")
    func readUnderAClaim() throws {
        var (sale, _, payment) = try requested()
        try sale.run(sale.begin(payment, claim: 1))
        let read = Command.completePayment(
            CompletePayment(
                ownerID: sale.fan, paymentID: payment, paymentKey: "key-1", result: .declined(code: "ABORTED"),
                retryMs: 1_000, claim: nil))
        #expect(try sale.decision(read).payments.isEmpty)
        sale.now = sale.now.adding(seconds: 5)
        try sale.run(read)
        #expect(sale.rows.payments[payment]?.status == .declined)
    }

    @Test("A capture that was not sent hands the claim back and is not one that nobody answered")
    func notSent() throws {
        var (sale, _, payment) = try requested()
        for claim: UInt64 in 1...5 {
            try sale.run(sale.begin(payment, claim: claim))
            try sale.run(sale.complete(payment, .notSent))
            let row = try #require(sale.rows.payments[payment])
            #expect((row.status, row.claim, row.tryCount) == (.unknown, nil, 0))
            #expect(row.tryAt == sale.now.adding(seconds: 1))
            sale.now = sale.now.adding(seconds: 1)
        }
    }

    @Test("A confirmation of what nobody knows is told so also when the hold is over")
    func unknownAndOver() throws {
        var (sale, held, payment) = try requested()
        try sale.run(sale.begin(payment, claim: 1))
        sale.now = try #require(sale.rows.reservations[held.id]?.expiresAt)
        #expect(sale.refusal(sale.begin(payment, claim: 2)) == .paymentUnderWay(until: sale.now))
        try sale.run(sale.expire(held.id))
        #expect(sale.refusal(sale.begin(payment, claim: 2)) == .paymentUnderWay(until: sale.now))
    }

    @Test("Nobody begins once more to have a card pay for a date that was cancelled meanwhile")
    func cancelledMeanwhile() throws {
        var (sale, _, payment) = try requested()
        try sale.run(sale.begin(payment, claim: 1))
        var called = try #require(sale.rows.sales[sale.date])
        called.isCancelled = true
        sale.rows.read(called)
        sale.now = sale.now.adding(seconds: 6)
        #expect(sale.refusal(sale.begin(payment, claim: 2)) == .paymentUnderWay(until: sale.now))
    }

    @Test("A payment is unknown since the first time that it is asked for, and no more when it is known")
    func since() throws {
        var (sale, _, payment) = try requested()
        sale.now = sale.now.adding(seconds: 30)
        let began = sale.now
        try sale.run(sale.begin(payment, claim: 1))
        sale.now = sale.now.adding(seconds: 6)
        try sale.run(sale.begin(payment, claim: 2))
        try sale.run(sale.complete(payment, .unknown))
        #expect(sale.rows.payments[payment]?.unknownSince == began)
        try sale.run(sale.complete(payment, .wrongKey))
        #expect(sale.rows.payments[payment]?.unknownSince == nil)
        try sale.run(sale.begin(payment, claim: 3))
        #expect(sale.rows.payments[payment]?.unknownSince == sale.now)
        try sale.run(sale.complete(payment, .declined(code: "NO")))
        #expect(sale.rows.payments[payment]?.unknownSince == nil)
    }

    @Test(
        "A gateway's key is letters, digits, _ and -",
        arguments: [
            ("a", true), ("tviva20231012AbC-_9", true), ("", false), ("a/b", false), ("..", false), ("a.b", false),
            ("a%2F", false), ("열쇠", false), ("a b", false), ("a?b", false), (String(repeating: "k", count: 200), true),
            (String(repeating: "k", count: 201), false),
        ])
    func keys(key: String, isGood: Bool) {
        #expect(BeginCapture.isKey(key) == isGood)
    }
}
