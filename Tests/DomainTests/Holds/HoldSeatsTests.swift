import Domain
import TestSupport
import Testing

@Suite("Holding seats")
struct HoldSeatsTests {
    @Test("A hold makes a pending reservation at the sum of its seats' prices, with one event")
    func whatAHoldMakes() throws {
        let sale = PureSale()
        let decision = try sale.decision(sale.hold([7, 0], seconds: 90))

        let reservation = try decision.reservation
        #expect(reservation.status == .pending)
        #expect(reservation.userID == sale.fan)
        #expect(reservation.dateID == sale.date)
        #expect(reservation.amount == Won(240_000))
        #expect(reservation.seatCount == 2)
        #expect(reservation.expiresAt == PureSale.noon.adding(milliseconds: 90_000))
        #expect(reservation.createdAt == PureSale.noon)
        #expect(reservation.version == 1)
        #expect(reservation.seats.map(\.id) == [sale.seat(0), sale.seat(7)], "in order of id")
        #expect(reservation.seats.map(\.grade) == ["VIP", "R"])
        #expect(reservation.seats.map(\.price) == [Won(150_000), Won(90_000)])

        #expect(decision.seats.allSatisfy { $0.state == .pending && $0.reservationID == reservation.id })
        #expect(decision.seats.allSatisfy { $0.heldUntil == reservation.expiresAt })

        let event = try #require(decision.events.first)
        #expect(decision.events.count == 1)
        #expect(event.kind == .reservationHeld)
        #expect(event.subjectID == ID(reservation.id))
        #expect(event.version == 1)
        #expect(event.amount == Won(240_000))
        #expect(event.seats.map(\.price).reduce(.zero, +) == event.amount)
        #expect(decision.wallets.isEmpty && decision.payments.isEmpty && decision.tickets.isEmpty)
        guard case .held(let held) = decision.outcome else {
            Issue.record("the outcome of a hold is .held")
            return
        }
        #expect(held == reservation)
    }

    @Test("Every change of owner makes a seat's fence one higher, and the reservation names it")
    func fenceGrows() throws {
        var sale = PureSale()
        let first = try sale.held([3])
        #expect(first.seats.map(\.fence) == [1])
        try sale.run(sale.release(first.id))
        #expect(sale.rows.seats[sale.seat(3)]?.fence == 2)
        let second = try sale.held([3])
        #expect(second.seats.map(\.fence) == [3])
        sale.now = second.expiresAt
        let third = try sale.held([3], by: sale.rival)
        #expect(third.seats.map(\.fence) == [4], "claimed from an owner whose deadline has passed")
    }

    @Test("A hold that ends at noon does not protect its seat at noon, and does a millisecond before")
    func deadlineIsExclusive() throws {
        var sale = PureSale()
        let held = try sale.held([3], seconds: 1)
        sale.now = held.expiresAt.adding(milliseconds: -1)
        #expect(sale.refusal(sale.hold([3], by: sale.rival)) == .seatTaken([sale.seat(3)]))
        sale.now = held.expiresAt
        #expect(sale.refusal(sale.hold([3], by: sale.rival)) == nil)
    }

    @Test("A seat that is confirmed, paid or blocked is taken however late it is")
    func onlyPendingSeatsEnd() throws {
        for state in [SeatState.confirmed, .paid, .blocked] {
            var sale = PureSale()
            sale.rows.read(
                Seat(
                    id: sale.seat(3), dateID: sale.date, label: SeatLabel(section: "A", row: "1", number: "4"),
                    grade: 0, state: state, reservationID: state == .blocked ? nil : .sample(7),
                    heldUntil: state == .confirmed ? PureSale.noon.adding(seconds: 1) : nil, fence: 1))
            sale.now = PureSale.noon.adding(seconds: 3599)
            #expect(sale.refusal(sale.hold([3])) == .seatTaken([sale.seat(3)]), "\(state)")
        }
    }

    @Test("One seat that is taken refuses all, and only it is named")
    func allOrNothing() throws {
        var sale = PureSale()
        try sale.held([2, 3], by: sale.rival)
        #expect(sale.refusal(sale.hold([1, 2, 3, 4])) == .seatTaken([sale.seat(2), sale.seat(3)]))
        #expect(sale.refusal(sale.hold([1, 4])) == nil)
    }

    @Test("A fan's own hold is in the way like anybody's")
    func ownSeat() throws {
        var sale = PureSale()
        try sale.held([2])
        #expect(sale.refusal(sale.hold([2])) == .seatTaken([sale.seat(2)]))
    }

    @Test("A date without a row is not found")
    func unknownDate() {
        let sale = PureSale()
        let hold = HoldSeats(userID: sale.fan, dateID: .sample(2), choice: .seats([sale.seat(0)]), holdSeconds: 60)
        #expect(sale.refusal(.hold(hold)) == .notFound)
    }

    @Test("Seats without a row, or of another date, are unknown and named")
    func unknownSeats() {
        var sale = PureSale()
        let foreign = Seat(
            id: .sample(900), dateID: .sample(2), label: SeatLabel(section: "B", row: "1", number: "1"), grade: 0)
        sale.rows.read(foreign)
        let hold = HoldSeats(
            userID: sale.fan, dateID: sale.date, choice: .seats([sale.seat(0), .sample(901), foreign.id]),
            holdSeconds: 60)
        #expect(sale.refusal(.hold(hold)) == .unknownSeats([.sample(901), foreign.id]))
    }

    @Test("A sale is open from its opening on and before its closing, to the millisecond")
    func saleWindow() {
        var sale = PureSale()
        let closing = PureSale.noon.adding(seconds: 3600)
        for (moment, refusal) in [
            (PureSale.noon.adding(milliseconds: -1), Refusal.saleClosed), (PureSale.noon, nil),
            (closing.adding(milliseconds: -1), nil), (closing, .saleClosed),
        ] {
            sale.now = moment
            #expect(sale.refusal(sale.hold([0])) == refusal, "\(moment)")
            #expect(sale.refusal(sale.holdBest(1, of: [[0]])) == refusal, "\(moment)")
        }
    }

    @Test("A cancelled date sells nothing")
    func cancelledDate() {
        let sale = PureSale(isCancelled: true)
        #expect(sale.refusal(sale.hold([0])) == .saleClosed)
    }

    // MARK: How many seats a fan may have

    @Test("Held and paid seats count together against the limit of the date, each fan's own")
    func seatsPerFan() throws {
        var sale = PureSale()
        _ = try sale.paid([0, 1])
        try sale.held([2])
        #expect(sale.refusal(sale.hold([3])) == nil)
        #expect(sale.refusal(sale.hold([3, 4])) == .tooManySeats(max: 4))
        #expect(sale.refusal(sale.holdBest(2, of: [[3, 4]])) == .tooManySeats(max: 4))
        #expect(sale.refusal(sale.hold([3, 4, 5, 6], by: sale.rival)) == nil)
        #expect(sale.refusal(sale.hold([3, 4, 5, 6, 7], by: sale.rival)) == .tooManySeats(max: 4))
    }

    @Test("A claim whose deadline has passed counts no more from that millisecond on, swept or not")
    func claimsPastTheirDeadline() throws {
        var sale = PureSale()
        let held = try sale.held([0, 1, 2, 3])
        sale.now = held.expiresAt.adding(milliseconds: -1)
        #expect(sale.refusal(sale.hold([4])) == .tooManySeats(max: 4))
        sale.now = held.expiresAt
        #expect(sale.refusal(sale.hold([4, 5, 6, 7])) == nil)
    }

    @Test("Seats that were given back or refunded count no more")
    func claimsThatAreOver() throws {
        var sale = PureSale()
        let held = try sale.held([0, 1, 2, 3])
        try sale.run(sale.release(held.id))
        let paid = try sale.paid([0, 1, 2, 3])
        #expect(sale.refusal(sale.hold([4])) == .tooManySeats(max: 4))
        try sale.run(sale.refund(paid.payment.id, tickets: [paid.tickets[0].id, paid.tickets[1].id]))
        #expect(sale.refusal(sale.hold([4, 5])) == nil)
        #expect(sale.refusal(sale.hold([4, 5, 6])) == .tooManySeats(max: 4))
    }

    // MARK: Best available

    @Test("Best available takes the first run that is free as a whole")
    func firstWholeFreeRun() throws {
        var sale = PureSale()
        try sale.held([1], by: sale.rival)
        let decision = try sale.decision(sale.holdBest(2, of: [[0, 1], [2, 3], [4, 5]]))
        #expect(try decision.reservation.seats.map(\.id) == [sale.seat(2), sale.seat(3)])
    }

    @Test("A run with an unknown seat, or of another length than asked for, is passed over")
    func runsThatDoNotFit() throws {
        let sale = PureSale()
        let decision = try sale.decision(sale.holdBest(2, of: [[0, 77], [0, 1, 2], [3], [4, 5]]))
        #expect(try decision.reservation.seats.map(\.id) == [sale.seat(4), sale.seat(5)])
    }

    @Test("Without a free run no seats are left, which says nothing of which were taken")
    func noRun() throws {
        var sale = PureSale()
        try sale.held([1, 2], by: sale.rival)
        #expect(sale.refusal(sale.holdBest(2, of: [[0, 1], [2, 3]])) == .noSeatsLeft)
        #expect(sale.refusal(sale.holdBest(2, of: [])) == .noSeatsLeft)
    }

    @Test("A run whose holder's deadline has passed is free")
    func runPastItsDeadline() throws {
        var sale = PureSale()
        let held = try sale.held([0, 1], by: sale.rival)
        sale.now = held.expiresAt
        let decision = try sale.decision(sale.holdBest(2, of: [[0, 1]]))
        #expect(try decision.reservation.seats.map(\.fence) == [2, 2])
    }

    // MARK: Precedence

    @Test("Where several reasons refuse a hold, the first in the order of Refusal is the answer")
    func precedence() throws {
        var sale = PureSale()
        try sale.held([0, 1, 2], by: sale.fan)
        let unknown = HoldSeats(
            userID: sale.fan, dateID: sale.date, choice: .seats([sale.seat(0), sale.seat(1), .sample(901)]),
            holdSeconds: 60)
        sale.now = PureSale.noon.adding(seconds: -1)
        #expect(sale.refusal(.hold(unknown)) == .unknownSeats([.sample(901)]), "unknown before closed")
        #expect(sale.refusal(sale.hold([0, 1])) == .saleClosed, "closed before too many")
        sale.now = PureSale.noon
        #expect(sale.refusal(sale.hold([0, 1])) == .tooManySeats(max: 4), "too many before taken")
        #expect(sale.refusal(sale.holdBest(2, of: [])) == .tooManySeats(max: 4), "too many before none left")
        #expect(sale.refusal(sale.hold([0])) == .seatTaken([sale.seat(0)]))
    }
}
