import Domain
import NIOCore
import Ports
import Testing

@testable import HTTPAPI

@Suite("Shared frames")
struct SharedFramesTests {
    private let date = DateID(high: 1, low: 1)

    @Test("A notice's frame is made once for all listeners, and anew for the next notice and for another date")
    func once() {
        let frames = SharedFrames()
        var made: [Int64] = []
        func frame(_ version: Int64, of date: DateID) -> ByteBuffer {
            frames.seats(of: date, version: version) {
                made.append(version)
                return [UInt8("\(version)".utf8.first ?? 0)]
            }
        }
        for _ in 0..<3 { #expect(frame(7, of: date) == ByteBuffer(string: "7")) }
        for _ in 0..<3 { #expect(frame(8, of: date) == ByteBuffer(string: "8")) }
        #expect(frame(8, of: DateID(high: 1, low: 2)) == ByteBuffer(string: "8"))
        #expect(made == [7, 8, 8])
        // Somebody who lags does not take the place of the newest.
        #expect(frame(7, of: date) == ByteBuffer(string: "7"))
        #expect(frame(8, of: date) == ByteBuffer(string: "8"))
        #expect(made == [7, 8, 8, 7])
    }

    @Test("All followers of a date write the same bytes of a notice")
    func followers() {
        let frames = SharedFrames()
        let notice = EventFrame.seats(ChangedSeats(previous: 2, version: 3, changes: []))
        let first = frames.seats(of: date, version: 3) { notice }
        let second = frames.seats(of: date, version: 3) {
            EventFrame.seats(ChangedSeats(previous: 98, version: 99, changes: []))
        }
        #expect(first == second && first == ByteBuffer(bytes: notice))
    }
}
