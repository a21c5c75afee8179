import Domain
import TestSupport
import Testing

@testable import HTTPAPI

@Suite("The Date header")
struct ServerDateTests {
    @Test(
        "It is written as RFC 9110 wants it",
        arguments: [
            (784_111_777_000, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_400_999, "Tue, 29 Feb 2000 00:00:00 GMT"), (1_798_761_599_000, "Thu, 31 Dec 2026 23:59:59 GMT"),
        ])
    func text(milliseconds: Int64, text: String) {
        let clock = SimulatedClock()
        clock.set(to: Timestamp(milliseconds: milliseconds))
        let date = ServerDate(clock: clock)
        #expect(date.text() == text)
        #expect(date.text() == text)
        clock.advance(milliseconds: 1_000)
        #expect(date.text() != text)
    }
}
