import Domain
import TestSupport
import Testing

@Suite("Keeping seats back")
struct BlockSeatsTests {
    private let staff: UserID = .sample(20)

    private func block(_ seats: [Int], in sale: PureSale, isBlocked: Bool = true, reason: String? = nil) -> Command {
        .block(
            BlockSeats(
                dateID: sale.date, seatIDs: seats.map { sale.seat($0) }, isBlocked: isBlocked, by: staff,
                reason: reason))
    }

    @Test("A seat that is kept back is taken, and is free again when it is not")
    func blocked() throws {
        var sale = PureSale()
        try sale.run(block([2, 3], in: sale))
        #expect(sale.refusal(sale.hold([3])) == .seatTaken([sale.seat(3)]))
        try sale.run(block([3], in: sale, isBlocked: false))
        #expect(sale.refusal(sale.hold([3])) == nil)
        #expect(sale.refusal(sale.hold([2])) == .seatTaken([sale.seat(2)]))
    }

    @Test("One event and one line in the history tell of those that changed, and of none when nothing did")
    func told() throws {
        var sale = PureSale()
        try sale.run(block([4], in: sale))
        let decision = try sale.run(block([7, 4, 5], in: sale, reason: "Cameras"))
        #expect(decision.seats.map(\.id) == [sale.seat(5), sale.seat(7)])
        let event = try #require(decision.events.first)
        #expect(decision.events.count == 1 && event.kind == .seatsBlocked && event.subjectID == ID(sale.date))
        #expect(event.seats.map(\.price) == [Won(150_000), Won(90_000)])
        #expect(decision.staffActions.map(\.kind) == [.seatsBlocked])
        #expect(decision.staffActions.map(\.reason) == ["Cameras"])
        #expect(decision.staffActions.map(\.detail) == ["2 seats: A 1-6, A 1-8"])
        let again = try sale.run(block([4, 5, 7], in: sale))
        #expect(again.seats.isEmpty && again.events.isEmpty && again.staffActions.isEmpty)
    }

    @Test("What a fan holds cannot be kept back until the very millisecond at which the hold ends")
    func held() throws {
        var sale = PureSale()
        let held = try sale.held([3], seconds: 1)
        sale.now = held.expiresAt.adding(milliseconds: -1)
        #expect(sale.refusal(block([2, 3], in: sale)) == .seatTaken([sale.seat(3)]))
        sale.now = held.expiresAt
        let decision = try sale.run(block([2, 3], in: sale))
        #expect(decision.seats.map(\.reservationID) == [nil, nil])
    }

    @Test("The fence that a hold of before knows is not the seat's any more; a seat that nobody had keeps fence 0")
    func fence() throws {
        var sale = PureSale()
        let held = try sale.held([3], seconds: 1)
        sale.now = held.expiresAt
        let fences = try sale.run(block([2, 3], in: sale)).seats.map(\.fence)
        #expect(fences == [0, held.seats[0].fence + 1])
        let after = try sale.run(block([2, 3], in: sale, isBlocked: false)).seats.map(\.fence)
        #expect(after == fences)
    }

    @Test("It is done before the sale and when it is over, on seats of the date alone")
    func anyTime() throws {
        var sale = PureSale()
        sale.now = PureSale.noon.adding(seconds: -3_600)
        #expect(sale.refusal(block([1], in: sale)) == nil)
        sale.now = PureSale.noon.adding(seconds: 7_200)
        #expect(sale.refusal(block([1], in: sale)) == nil)
        let unknown = BlockSeats(dateID: sale.date, seatIDs: [.sample(99)], isBlocked: true, by: staff, reason: nil)
        #expect(sale.refusal(.block(unknown)) == .unknownSeats([.sample(99)]))
        let elsewhere = BlockSeats(dateID: .sample(2), seatIDs: [sale.seat(1)], isBlocked: true, by: staff, reason: nil)
        #expect(sale.refusal(.block(elsewhere)) == .notFound)
    }

    @Test("A hold that has run out gets nothing back when it is swept after its seat was kept back")
    func swept() throws {
        var sale = PureSale()
        let held = try sale.held([3], seconds: 1)
        sale.now = held.expiresAt
        try sale.run(block([3], in: sale))
        let decision = try sale.run(sale.expire(held.id))
        #expect(decision.seats.isEmpty)
        #expect(sale.refusal(sale.hold([3])) == .seatTaken([sale.seat(3)]))
    }
}
