import Domain
import Testing

@testable import Mail

@Suite("Calendar files")
struct CalendarFileTests {
    private func file(
        _ method: CalendarFile.Method = .publish, summary: String = "시험 공연", organizer: String = "자리 Jari"
    ) -> CalendarFile {
        CalendarFile(
            method: method, uid: "0198a000-0000-7000-8000-000000000001", sequence: 3,
            madeAt: Timestamp(milliseconds: 1_795_341_600_999), startsAt: Timestamp(milliseconds: 1_797_933_600_000),
            summary: summary, location: "올림픽공원", description: "가수\nA 구역 1열 2번 (VIP)",
            organizer: Mailbox(name: organizer, address: "tickets@example.com"),
            url: "https://tickets.example.com/tickets")
    }

    @Test("An appointment is written as RFC 5545 wants it, line by line")
    func golden() {
        #expect(
            file().text.split(separator: "\r\n", omittingEmptySubsequences: false) == [
                "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Jari//Tickets//KO", "CALSCALE:GREGORIAN",
                "METHOD:PUBLISH", "BEGIN:VEVENT", "UID:0198a000-0000-7000-8000-000000000001", "SEQUENCE:3",
                "DTSTAMP:20261122T100000Z", "DTSTART:20261222T100000Z", "SUMMARY:시험 공연", "LOCATION:올림픽공원",
                "DESCRIPTION:가수\\nA 구역 1열 2번 (VIP)", "ORGANIZER;CN=\"자리 Jari\":mailto:tickets@example.com",
                "STATUS:CONFIRMED", "URL:https://tickets.example.com/tickets", "END:VEVENT", "END:VCALENDAR", "",
            ])
    }

    @Test("A cancellation says so twice, and has the same UID")
    func cancellation() {
        let text = file(.cancel).text
        #expect(text.contains("\r\nMETHOD:CANCEL\r\n"))
        #expect(text.contains("\r\nSTATUS:CANCELLED\r\n"))
        #expect(text.contains("\r\nUID:0198a000-0000-7000-8000-000000000001\r\n"))
    }

    @Test("What users wrote adds no line and ends no value")
    func escaping() {
        let text = file(summary: "a,b;c\\d\r\nATTENDEE:mailto:x@y\u{2028}\u{7}", organizer: "A\"B\r\nX:1").text
        #expect(text.contains("SUMMARY:a\\,b\\;c\\\\d\\nATTENDEE:mailto:x@y  \r\n"))
        #expect(text.contains("ORGANIZER;CN=\"AB  X:1\":mailto:tickets@example.com\r\n"))
        #expect(!text.contains("\r\nATTENDEE"))
        #expect(!text.contains("\r\nX:1"))
    }

    @Test("Lines are folded at 75 bytes, and never within a character", arguments: [74, 75, 76, 150, 1_000])
    func folding(length: Int) {
        for unit in ["a", "가", "🎫", "é"] {
            let line = String(repeating: unit, count: length)
            let folded = CalendarFile.folded(line)
            let lines = folded.split(separator: "\r\n", omittingEmptySubsequences: false)
            #expect(lines.allSatisfy { $0.utf8.count <= 75 })
            #expect(lines.dropFirst().allSatisfy { $0.hasPrefix(" ") })
            #expect(lines[0] + lines.dropFirst().map { $0.dropFirst() }.joined() == line)
            #expect(lines.count == 1 || line.utf8.count > 75)
            // As long as may be: one more would not have fitted.
            #expect(lines.dropLast().allSatisfy { $0.utf8.count > 75 - unit.utf8.count })
        }
    }
}
