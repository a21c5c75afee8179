import Domain
import Ports
import Testing

@Suite("What stores keep of claims, and of what staff decide about money by hand")
struct ByHandStoreTests {
    @Test(
        "Who asks, and since when nobody knows, are kept; what is handed back is due when it says", arguments: contracts
    )
    func claims(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            let begun = try await world.begin(
                try await world.request(try await world.hold([seats[0]], for: fan, of: date)), key: "k")
            #expect(begun.claim != nil && begun.unknownSince == world.clock.now())
            #expect(try await world.store.payment(begun.id) == begun)
            world.clock.advance(seconds: 3)
            let command = HandBack(
                ownerID: fan.id, paymentID: begun.id, claim: try #require(begun.claim), retryMs: 2_000)
            _ = try await world.run(.handBack(command))
            let due = try #require(
                try await world.at(world.clock.now().adding(seconds: 2)) {
                    try await world.store.unknownPayments(limit: 9).first
                })
            #expect(due.claim == nil && due.unknownSince == begun.unknownSince && due.tryCount == 0)
            #expect(try await world.store.paymentFigures().oldestUnknownAt == begun.unknownSince)
            let asked = AskAgain(ownerID: fan.id, paymentID: begun.id, claim: world.id(), tryMs: 5_000)
            world.clock.advance(seconds: 2)
            _ = try await world.run(.askAgain(asked))
            #expect(try await world.store.payment(begun.id)?.claim == asked.claim)
            let (known, _) = try await world.complete(begun, key: "k", .captured(amount: begun.card))
            #expect(known.claim == nil && known.unknownSince == nil)
            #expect(try await world.store.payment(begun.id) == known)
            try await world.expectCleanAudit()
        }
    }

    @Test("A payment that staff let go is declined, and the books are right", arguments: contracts)
    func letGo(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (fan, staff) = (try await world.user(), try await world.user("staff", role: .staff))
            let (date, seats) = try await world.sale()
            _ = try await world.charge(5_000, to: fan)
            let held = try await world.hold([seats[0]], for: fan, of: date)
            let begun = try await world.begin(try await world.request(held, points: 5_000), key: "k")
            world.clock.advance(seconds: World.tryMs / 1_000)
            let command = LetPaymentGo(ownerID: fan.id, paymentID: begun.id, staffID: staff.id, reason: "다른 금액")
            guard case .paymentSettled(let payment, _, _) = try await world.run(.letPaymentGo(command)) else {
                throw Unexpected()
            }
            #expect((payment.status, payment.declineCode) == (.declined, DeclineCode.letGo))
            #expect(try await world.store.payment(begun.id) == payment)
            #expect(try await world.store.wallet(of: fan.id).balance == Won(5_000))
            let actions = try await world.store.staffActions(before: nil, limit: 9)
            #expect(actions.map(\.kind) == [.paymentLetGo] && actions.map(\.reason) == ["다른 금액"])
            try await world.expectCleanAudit()
        }
    }

    @Test("A refund settled by hand is no failure any more, and needs the name of who did it", arguments: contracts)
    func settled(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let (fan, staff) = (try await world.user(), try await world.user("staff", role: .staff))
            let (date, seats) = try await world.sale()
            let store = world.store
            let bought = try await world.buyByCard([seats[0], seats[1]], key: "k", for: fan, of: date)
            _ = try await world.refund(bought.payment, nil)
            let refund = try #require(try await store.refunds(of: bought.payment.id).first)
            let failed = try await world.settle(refund, .refused(code: "CLOSED"))
            #expect(try await store.paymentFigures().refundsFailed == 1)
            let command = SettleRefundByHand(refundID: failed.id, staffID: staff.id, reason: "계좌 이체")
            guard case .refundSettled(let settled) = try await world.run(.settleRefundByHand(command)) else {
                throw Unexpected()
            }
            #expect(settled.status == .settled)
            #expect(try await store.refunds(of: bought.payment.id) == [settled])
            let figures = try await store.paymentFigures()
            #expect((figures.refundsPending, figures.refundsFailed) == (0, 0))
            let row = try #require(try await store.cardPayments([bought.payment.id]).first)
            #expect((row.refundsDone, row.refundsPending) == (.zero, .zero), "the gateway did not give it back")
            let action = try #require(try await store.staffActions(before: nil, limit: 9).first)
            #expect((action.kind, action.subjectID, action.staffID) == (.refundSettled, ID(failed.id), staff.id))
            try await world.expectCleanAudit()

            let other = try await world.buyByCard([seats[2]], key: "other", for: fan, of: date)
            _ = try await world.refund(other.payment, nil)
            let nobodys = try #require(try await store.refunds(of: other.payment.id).first)
            _ = try await world.settle(nobodys, .refused(code: "CLOSED"))
            let id = contract.literal("\(nobodys.id)")
            try await contract.tamper(with: store, "UPDATE refunds SET status = 'SETTLED' WHERE id = \(id)")
            let finding = try #require(
                try await store.audit().findings.first {
                    $0.title == "a refund settled by hand without exactly one entry of the audit log"
                })
            #expect(finding.examples == ["\(nobodys.id)"])
        }
    }

    @Test("Charges that nobody paid are found by their age, the oldest first; nothing else is", arguments: contracts)
    func overdueCharges(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            let store = world.store
            let first = try await world.requestCharge(500, to: fan)
            _ = try await world.request(try await world.hold([seats[0]], for: fan, of: date))
            let asked = try await world.requestCharge(600, to: fan)
            _ = try await world.begin(asked, key: "asked")
            world.clock.advance(seconds: 10)
            let second = try await world.requestCharge(700, to: fan)
            func overdue(after seconds: Int, limit: Int = 9) async throws -> [PaymentID] {
                try await world.at(first.createdAt.adding(seconds: seconds)) {
                    try await store.overdueCharges(olderThanSeconds: 60, limit: limit).map(\.paymentID)
                }
            }
            #expect(try await overdue(after: 59).isEmpty)
            #expect(try await overdue(after: 60) == [first.id])
            #expect(try await overdue(after: 70) == [first.id, second.id])
            #expect(try await overdue(after: 70, limit: 1) == [first.id])
            world.clock.advance(seconds: 60)
            let found = try await store.overdueCharges(olderThanSeconds: 60, limit: 9)
            _ = try await world.run(found.map { .expireCharge($0) })
            #expect(try await store.payments([first.id, second.id]).map(\.declineCode) == ["EXPIRED", "EXPIRED"])
            #expect(try await overdue(after: 900).isEmpty)
            let late = try await world.complete(first, key: "late", .captured(amount: Won(500)))
            #expect(late.payment.status == .captured)
            try await world.expectCleanAudit()
        }
    }

    @Test("Card payments are found by id, with what was given back; others are left out", arguments: contracts)
    func cardPayments(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            let store = world.store
            let points = try await world.buy([seats[0]], for: fan, of: date)
            let bought = try await world.buyByCard([seats[1], seats[2]], key: "k", for: fan, of: date)
            _ = try await world.refund(bought.payment, [bought.tickets[0].id])
            _ = try await world.settle(try await store.refunds(of: bought.payment.id)[0], .done)
            let refunded = try await world.refund(bought.payment, nil).payment
            let refunds = try await store.refunds(of: bought.payment.id)
            let found = try await store.cardPayments([points.payment.id, world.id(), bought.payment.id])
            #expect(found.map(\.payment) == [refunded])
            #expect(found.map(\.refundsDone) == [refunds[0].amount])
            #expect(found.map(\.refundsPending) == [refunds[1].amount])
            #expect(try await store.cardPayments([]).isEmpty)
        }
    }

    @Test("Why a ticket was given back is kept with it", arguments: contracts)
    func reasons(contract: any StoreContract) async throws {
        try await World.with(contract) { world in
            let fan = try await world.user()
            let (date, seats) = try await world.sale()
            let bought = try await world.buy([seats[0], seats[1]], for: fan, of: date)
            let command = RefundPayment(
                ownerID: fan.id, paymentID: bought.payment.id, ticketIDs: [bought.tickets[0].id], reason: "못 가요")
            _ = try await world.run(.refund(command))
            #expect(
                try await world.store.tickets(of: bought.reservation.id).map(\.refundReason) == ["못 가요", nil])
            #expect(try await world.store.ticket(bought.tickets[0].id)?.refundReason == "못 가요")
            try await world.expectCleanAudit()
        }
    }
}
