import Domain
import TestSupport
import Testing

@testable import HTTPAPI

@Suite("Why fans were refused")
struct RefusalBookTests {
    private let date: DateID = .sample(1)
    private let noon = Timestamp(milliseconds: 1_795_348_800_000)

    @Test("The most frequent reason comes first, and each date has its own")
    func counts() {
        let book = RefusalBook()
        for _ in 0..<3 { book.note(.seatTaken, of: date, at: noon) }
        book.note(.noSeatsLeft, of: date, at: noon)
        book.note(.saleClosed, of: .sample(2), at: noon)
        let counts = book.counts(of: date, at: noon)
        #expect(counts.map(\.code) == [.seatTaken, .noSeatsLeft] && counts.map(\.count) == [3, 1])
    }

    @Test("What is two hours old counts no more")
    func ages() {
        let book = RefusalBook()
        book.note(.seatTaken, of: date, at: noon)
        book.note(.seatTaken, of: date, at: noon.adding(seconds: 3_600))
        #expect(book.counts(of: date, at: noon.adding(seconds: 7_199)).map(\.count) == [2])
        #expect(book.counts(of: date, at: noon.adding(seconds: 7_200)).map(\.count) == [1])
        #expect(book.counts(of: date, at: noon.adding(seconds: 10_800)).isEmpty)
    }

    @Test("Ids that somebody makes up take no more than so much room, and those who sell stay")
    func bounded() {
        let book = RefusalBook()
        for number in 0..<UInt64(2_000) {
            book.note(.queueTokenInvalid, of: .sample(100 + number), at: noon.adding(seconds: Int(number) * 60))
            book.note(.seatTaken, of: date, at: noon.adding(seconds: Int(number) * 60))
        }
        let end = noon.adding(seconds: 1_999 * 60)
        #expect(book.counts(of: date, at: end).map(\.count) == [RefusalBook.minutesKept])
        #expect(book.counts(of: .sample(100), at: noon).isEmpty)
    }
}
