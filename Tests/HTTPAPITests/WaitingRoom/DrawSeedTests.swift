import Domain
import Ports
import Testing

@testable import HTTPAPI

@Suite("The seed of a draw")
struct DrawSeedTests {
    private let opening = Timestamp(milliseconds: 1_800_000_000_000)

    private func date(isCancelled: Bool = false) -> ConcertDate {
        ConcertDate(
            id: DateID(high: 1, low: 1), concertID: ConcertID(high: 2, low: 2),
            startsAt: opening.adding(seconds: 9_000),
            saleOpensAt: opening, saleClosesAt: opening.adding(seconds: 3_600), isCancelled: isCancelled,
            drawSeed: [1], createdAt: opening.adding(seconds: -9_000))
    }

    private func figures(hasDrawn: Bool) -> QueueFigures {
        QueueFigures(
            waiting: 0, active: 0, calledUpTo: 0, admittedPerSecond: 0, isPaused: false, isSoldOut: false,
            hasDrawn: hasDrawn)
    }

    @Test("It is public when the waiting room has drawn, whatever the clock of this process says")
    func drawn() {
        for seconds in [-5, 0, 5] {
            let now = opening.adding(seconds: seconds)
            #expect(date().isSeedPublic(figures(hasDrawn: true), now: now))
            #expect(!date().isSeedPublic(figures(hasDrawn: false), now: now))
        }
    }

    @Test("Where there is no room it is public after the sale, and not while a room may be made")
    func noRoom() {
        #expect(!date().isSeedPublic(nil, now: opening.adding(seconds: -1)))
        #expect(!date().isSeedPublic(nil, now: opening.adding(seconds: 1)))
        #expect(date().isSeedPublic(nil, now: opening.adding(seconds: 3_600)))
        #expect(!date(isCancelled: true).isSeedPublic(nil, now: opening.adding(seconds: -1)))
        #expect(date(isCancelled: true).isSeedPublic(nil, now: opening.adding(seconds: 1)))
    }
}
