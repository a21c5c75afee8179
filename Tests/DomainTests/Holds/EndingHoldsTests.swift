import Domain
import TestSupport
import Testing

@Suite("Ending holds")
struct EndingHoldsTests {
    // MARK: Release

    @Test("A released hold is cancelled, its seats are free, and one event tells")
    func release() throws {
        var sale = PureSale()
        let held = try sale.held([0, 1])
        let decision = try sale.run(sale.release(held.id))
        #expect(try decision.reservation.status == .cancelled)
        #expect(try decision.reservation.version == 2)
        #expect(decision.seats.count == 2)
        #expect(decision.seats.allSatisfy { $0.state == .available && $0.reservationID == nil && $0.heldUntil == nil })
        #expect(decision.events.map(\.kind) == [.reservationCancelled])
        #expect(decision.events.map(\.version) == [2])
        #expect(sale.refusal(sale.hold([0, 1], by: sale.rival)) == nil)
    }

    @Test("Nobody releases what is not theirs, and learns nothing of it")
    func foreignRelease() throws {
        var sale = PureSale()
        let held = try sale.held([0])
        #expect(sale.refusal(sale.release(held.id, by: sale.rival)) == .notFound)
        #expect(sale.refusal(sale.release(.sample(999))) == .notFound)
    }

    @Test("A hold can be released before its deadline and not at it")
    func releaseAtTheDeadline() throws {
        var sale = PureSale()
        let held = try sale.held([0])
        sale.now = held.expiresAt.adding(milliseconds: -1)
        #expect(sale.refusal(sale.release(held.id)) == nil)
        sale.now = held.expiresAt
        #expect(sale.refusal(sale.release(held.id)) == .holdExpired)
    }

    @Test("Whether the sweeper has come makes no difference to who releases too late")
    func releaseAfterTheSweeper() throws {
        var sale = PureSale()
        let held = try sale.held([0])
        sale.now = held.expiresAt
        let before = sale.refusal(sale.release(held.id))
        try sale.run(sale.expire(held.id))
        #expect(sale.refusal(sale.release(held.id)) == before)
    }

    @Test("What is paid is not released, and what was given back is given back again without effect")
    func releaseInOtherStates() throws {
        var sale = PureSale()
        let paid = try sale.paid([0])
        #expect(sale.refusal(sale.release(try #require(paid.payment.reservationID))) == .wrongState)
        try sale.run(sale.refund(paid.payment.id))
        #expect(sale.refusal(sale.release(try #require(paid.payment.reservationID))) == .wrongState)
        let held = try sale.held([1])
        try sale.run(sale.release(held.id))
        let events = sale.rows.events.count
        let version = sale.rows.reservations[held.id]?.version
        for moment in [sale.now, held.expiresAt] {
            sale.now = moment
            try sale.run(sale.release(held.id))
            #expect(sale.rows.reservations[held.id]?.status == .cancelled)
        }
        #expect(sale.rows.events.count == events)
        #expect(sale.rows.reservations[held.id]?.version == version)
    }

    // MARK: Expire

    @Test("A hold is tidied up from its deadline on and not a millisecond before")
    func expireAtTheDeadline() throws {
        var sale = PureSale()
        let held = try sale.held([0, 1])
        sale.now = held.expiresAt.adding(milliseconds: -1)
        let early = try sale.decision(sale.expire(held.id))
        #expect(early.reservations.isEmpty && early.seats.isEmpty && early.events.isEmpty)
        sale.now = held.expiresAt
        let decision = try sale.run(sale.expire(held.id))
        #expect(try decision.reservation.status == .expired)
        #expect(decision.seats.map(\.state) == [.available, .available])
        #expect(decision.events.map(\.kind) == [.reservationExpired])
    }

    @Test("A hold that was paid, given back or swept before the sweeper came is unchanged")
    func nothingToExpire() throws {
        var sale = PureSale()
        let paid = try #require(try sale.paid([0]).payment.reservationID)
        let released = try sale.held([1])
        try sale.run(sale.release(released.id))
        let swept = try sale.held([2])
        sale.now = swept.expiresAt
        try sale.run(sale.expire(swept.id))
        for id in [paid, released.id, swept.id, .sample(999)] {
            let decision = try sale.decision(sale.expire(id))
            guard case .unchanged = decision.outcome else {
                Issue.record("expiring \(id) came to \(decision.outcome)")
                continue
            }
            #expect(decision.reservations.isEmpty && decision.seats.isEmpty && decision.events.isEmpty)
        }
    }

    @Test("Expiring leaves alone the seats that another fan claimed after the deadline")
    func expireAfterAnotherClaim() throws {
        var sale = PureSale()
        let held = try sale.held([0, 1])
        sale.now = held.expiresAt
        let next = try sale.held([1], by: sale.rival)
        let decision = try sale.run(sale.expire(held.id))
        #expect(decision.seats.map(\.id) == [sale.seat(0)])
        #expect(decision.events.first?.seats.count == 2, "the event ends the hold as a whole")
        #expect(sale.rows.seats[sale.seat(1)]?.reservationID == next.id)
    }

    @Test("A claim counts while it is pending before its deadline, confirmed, or paid")
    func whatCounts() {
        let noon = PureSale.noon
        for status in Reservation.Status.allCases {
            let claim = Claim(reservationID: .sample(1), status: status, seatCount: 3, expiresAt: noon)
            let before = claim.seats(at: noon.adding(milliseconds: -1))
            let after = claim.seats(at: noon)
            #expect(before == (status.isOver ? 0 : 3), "\(status)")
            #expect(after == (status.isOver || status == .pending ? 0 : 3), "\(status)")
        }
    }
}
