import Domain
import Testing

@testable import HTTPAPI

@Suite("When a concert is and what it costs")
struct ConcertScheduleTests {
    private func date(at start: Int64, prices: [Int64] = [], isCancelled: Bool = false) -> ConcertDate {
        var date = ConcertDate(
            id: DateID(high: 1, low: UInt64(start)), concertID: ConcertID(high: 2, low: 2),
            startsAt: Timestamp(milliseconds: start), saleOpensAt: Timestamp(milliseconds: start - 50),
            saleClosesAt: Timestamp(milliseconds: start - 10), drawSeed: [], createdAt: Timestamp(milliseconds: 0))
        date.grades = prices.map { Grade(name: "\($0)", price: Won($0)) }
        date.isCancelled = isCancelled
        return date
    }

    @Test("It goes from the first date to the last, and from the cheapest seat to the dearest")
    func spans() throws {
        let schedule = try #require(
            ConcertSchedule(of: [date(at: 300, prices: [5, 9]), date(at: 200, prices: [7, 3])]))
        #expect(schedule.dateCount == 2)
        #expect(schedule.firstStartsAt.milliseconds == 200 && schedule.lastStartsAt.milliseconds == 300)
        #expect(schedule.saleOpensAt.milliseconds == 150 && schedule.saleClosesAt.milliseconds == 290)
        #expect(schedule.prices == Won(3)...Won(9))
    }

    @Test("Cancelled dates count for nothing while there are others")
    func cancelled() throws {
        let dates = [date(at: 100, prices: [1], isCancelled: true), date(at: 200, prices: [4])]
        #expect(try #require(ConcertSchedule(of: dates)).firstStartsAt.milliseconds == 200)
        #expect(try #require(ConcertSchedule(of: dates)).prices == Won(4)...Won(4))
        #expect(try #require(ConcertSchedule(of: dates.prefix(1))).dateCount == 1)
    }

    @Test("Without dates there is none, without grades no price")
    func nothing() throws {
        #expect(ConcertSchedule(of: []) == nil)
        #expect(try #require(ConcertSchedule(of: [date(at: 100)])).prices == nil)
    }
}
