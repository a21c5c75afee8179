import Domain
import TestSupport
import Testing

@Suite("Dates")
struct ConcertDateTests {
    private func date(isCancelled: Bool = false) -> ConcertDate {
        ConcertDate(
            id: .sample(1), concertID: .sample(2), startsAt: PureSale.noon.adding(seconds: 86_400),
            saleOpensAt: PureSale.noon, saleClosesAt: PureSale.noon.adding(seconds: 3600), isCancelled: isCancelled,
            grades: [Grade(name: "R", price: Won(90_000))], drawSeed: [], createdAt: PureSale.noon)
    }

    @Test("What a fan sees agrees with what a hold is told, at both ends to the millisecond")
    func status() {
        let opening = PureSale.noon
        let closing = opening.adding(seconds: 3600)
        for (moment, status) in [
            (opening.adding(milliseconds: -1), ConcertDate.Status.scheduled), (opening, .onSale),
            (closing.adding(milliseconds: -1), .onSale), (closing, .closed),
        ] {
            #expect(date().status(at: moment) == status)
            #expect(date().sale.isOpen(at: moment) == (status == .onSale))
            #expect(date(isCancelled: true).status(at: moment) == .cancelled)
            #expect(!date(isCancelled: true).sale.isOpen(at: moment))
        }
    }

    @Test("A missing language falls back to the other")
    func languages() {
        let text = LocalizedText(ko: "자리", en: "")
        #expect(text[.en] == "자리")
        #expect(LocalizedText(ko: "", en: "Seat")[.ko] == "Seat")
        #expect(LocalizedText(ko: "자리", en: "Seat")[.ko] == "자리")
    }
}
