import Domain
import TestSupport
import Testing

@testable import Mail

@Suite("What mails say")
struct LetterTests {
    private func letter(
        _ occasion: Occasion, _ kind: Event.Kind, name: String = "민지", title: String = "봄밤 콘서트", refunded: Int = 0,
        seatCount: Int = 2, left: Int = 0, hasConcert: Bool = true
    ) -> Letter {
        func seat(_ number: Int, isRefunded: Bool = false) -> Letter.Seat {
            let id = TicketID.sample(UInt64(number))
            return Letter.Seat(
                seat: ReservedSeat(
                    id: .sample(UInt64(number)), label: SeatLabel(section: "F1", row: "3", number: "\(number)"),
                    grade: "VIP", gradeIndex: 0, price: Won(132_000), fence: 1),
                pass: occasion == .confirmation && !isRefunded
                    ? Letter.Pass(ticketID: id, qr: "QR\(number)", code: "CODE\(number)") : nil)
        }
        let event = Event(
            id: .sample(1), kind: kind, subjectID: .sample(2), version: 3, dateID: .sample(3), userID: .sample(4),
            amount: Won(264_000), seats: [], at: Timestamp(milliseconds: 1_795_341_600_000))
        let both = LocalizedText(ko: title, en: "Spring Night")
        let concert = Concert(
            id: .sample(5), title: both, artist: both, venue: LocalizedText(ko: "올림픽공원", en: "Olympic Park"),
            details: both, status: .published, createdAt: event.at)
        return Letter(
            occasion: occasion, event: event, fan: Mailbox(name: name, address: "fan@example.com"),
            concert: hasConcert ? concert : nil,
            startsAt: hasConcert ? Timestamp(milliseconds: 1_797_933_600_000) : nil,
            seats: (0..<seatCount).map { seat($0 + 1, isRefunded: $0 < refunded) },
            left: (0..<left).map { seat($0 + 50) })
    }

    private func message(_ letter: Letter, publicURL: String? = "https://tickets.example.com") throws -> Message {
        let settings = try MailSettings(address: "file:mails", from: "Jari <jari@example.com>", publicURL: publicURL)
        return letter.message(settings, now: letter.event.at)
    }

    /// The parts that are no lists of parts, by type, decoded.
    private func leaves(_ part: Part) -> [(type: String, text: String)] {
        switch part.body {
        case .bytes(let bytes): [(part.type, String(decoding: bytes, as: UTF8.self))]
        case .parts(let parts): parts.flatMap(leaves)
        }
    }

    private func leaf(_ message: Message, _ type: String) throws -> String {
        try #require(leaves(message.content).first { $0.type.hasPrefix(type) }?.text)
    }

    @Test("A confirmation has the facts in both languages, Korean first, a QR a ticket, and a date for the calendar")
    func confirmation() throws {
        let message = try message(letter(.confirmation, .reservationPaid))
        #expect(message.subject == "예매 완료: 봄밤 콘서트 · Your tickets: Spring Night")
        for text in [try leaf(message, "text/plain"), try leaf(message, "text/html")] {
            for piece in [
                "민지님, 티켓 2장을 보내 드립니다.", "민지, here are 2 tickets for you.", "2026년 12월 22일(화) 19:00",
                "Tue 22 Dec 2026, 19:00 (Seoul)", "₩264,000", "₩132,000", "F1 구역 3열 1번", "Section F1, row 3, seat 2",
                "올림픽공원", "Olympic Park", "CODE1", "CODE2", "https://tickets.example.com/tickets",
            ] { #expect(text.contains(piece), "\(piece)") }
            let korean = try #require(text.firstRange(of: "예매가 완료되었습니다"))
            let english = try #require(text.firstRange(of: "Your booking is complete"))
            #expect(korean.lowerBound < english.lowerBound)
            #expect(!text.contains("{{"))
        }
        let types = leaves(message.content).map(\.type)
        #expect(
            types == [
                "text/plain; charset=utf-8", "text/html; charset=utf-8", "image/png", "image/png",
                "text/calendar; charset=utf-8; method=PUBLISH",
            ])
        let calendar = try leaf(message, "text/calendar")
        #expect(calendar.contains("UID:\(ReservationID.sample(2))\r\n"))
        #expect(calendar.contains("SEQUENCE:3\r\n"))
        #expect(calendar.contains("DTSTART:20261222T100000Z\r\n"))
    }

    @Test("What users wrote is text in the page, whatever it looks like")
    func escaped() throws {
        let message = try message(
            letter(
                .confirmation, .reservationPaid, name: "<b>\"M\" & 'm'</b>", title: "{{name}} <script>alert(1)</script>"
            ))
        let html = try leaf(message, "text/html")
        #expect(!html.contains("<script"))
        #expect(!html.contains("<b>"))
        #expect(html.contains("&lt;b&gt;"))
        #expect(html.contains("{{name}} &lt;script&gt;"))
        #expect(!html.contains("&amp;lt;"))
        #expect(try leaf(message, "text/plain").contains("{{name}} <script>alert(1)</script>"))
    }

    @Test("A ticket that was refunded before its confirmation went out has no QR")
    func refundedSince() throws {
        let one = try message(letter(.confirmation, .reservationPaid, refunded: 1))
        #expect(leaves(one.content).map(\.type).filter { $0 == "image/png" }.count == 1)
        #expect(try leaf(one, "text/plain").contains("그 뒤에 환불됨"))
        #expect(try !leaf(one, "text/plain").contains("CODE1"))
        let all = try message(letter(.confirmation, .reservationPaid, refunded: 2))
        #expect(leaves(all.content).map(\.type) == ["text/plain; charset=utf-8", "text/html; charset=utf-8"])
    }

    @Test("A whole refund cancels the appointment, and shows no codes")
    func refund() throws {
        let message = try message(letter(.refund, .reservationRefunded))
        let calendar = try leaf(message, "text/calendar")
        #expect(calendar.contains("METHOD:CANCEL\r\n"))
        #expect(calendar.contains("UID:\(ReservationID.sample(2))\r\n"))
        let text = try leaf(message, "text/plain")
        #expect(text.contains("₩264,000을 돌려드립니다"))
        #expect(text.contains("₩264,000 goes back to you"))
        #expect(!text.contains("CODE"))
        #expect(!leaves(message.content).contains { $0.type == "image/png" })
    }

    @Test("A part refund names the seats that are gone and those that stay, and keeps the appointment")
    func partialRefund() throws {
        let message = try message(letter(.partialRefund, .reservationPartlyRefunded, seatCount: 1, left: 1))
        let text = try leaf(message, "text/plain")
        let gone = try #require(text.firstRange(of: "F1 구역 3열 1번"))
        let left = try #require(text.firstRange(of: "F1 구역 3열 50번"))
        let heading = try #require(text.firstRange(of: "그대로 쓸 수 있는 티켓의 좌석"))
        #expect(gone.lowerBound < heading.lowerBound && heading.lowerBound < left.lowerBound)
        let calendar = try leaf(message, "text/calendar")
        #expect(calendar.contains("METHOD:PUBLISH\r\n"))
        #expect(calendar.contains("50번"))
        #expect(!calendar.contains("3열 1번"))
    }

    @Test("Money that came too late is a mail of its own, also when it was for points")
    func returned() throws {
        let late = try message(letter(.moneyReturned, .paymentReturned, seatCount: 0))
        #expect(late.subject == "결제 금액을 돌려드립니다: 봄밤 콘서트 · Your payment goes back: Spring Night")
        #expect(leaves(late.content).map(\.type) == ["text/plain; charset=utf-8", "text/html; charset=utf-8"])
        let points = try message(letter(.moneyReturned, .paymentReturned, seatCount: 0, hasConcert: false))
        #expect(points.subject == "결제 금액을 돌려드립니다 · Your payment goes back")
        #expect(try leaf(points, "text/plain").contains("포인트를 더 충전할 수 없어"))
    }

    @Test("Without a public address there is no link")
    func noLink() throws {
        let message = try message(letter(.confirmation, .reservationPaid), publicURL: nil)
        #expect(try !leaf(message, "text/html").contains("href"))
        #expect(try !leaf(message, "text/calendar").contains("URL:"))
    }

    @Test("One event makes the same mail again, so that a doubled one is recognised")
    func sameAgain() throws {
        let letter = letter(.confirmation, .reservationPaid)
        #expect(try message(letter).bytes == message(letter).bytes)
        #expect(try message(letter).id == letter.event.id.description)
    }

    @Test(
        "Days are those of Seoul",
        arguments: [
            (Int64(0), "1970년 1월 1일(목) 09:00", "Thu 1 Jan 1970, 09:00 (Seoul)"),
            (1_795_359_599_000, "2026년 11월 22일(일) 23:59", "Sun 22 Nov 2026, 23:59 (Seoul)"),
            (1_795_359_600_000, "2026년 11월 23일(월) 00:00", "Mon 23 Nov 2026, 00:00 (Seoul)"),
            (1_709_164_800_000, "2024년 2월 29일(목) 09:00", "Thu 29 Feb 2024, 09:00 (Seoul)"),
            (-1_000, "1970년 1월 1일(목) 08:59", "Thu 1 Jan 1970, 08:59 (Seoul)"),
            (-32_400_001, "1969년 12월 31일(수) 23:59", "Wed 31 Dec 1969, 23:59 (Seoul)"),
        ])
    func days(milliseconds: Int64, korean: String, english: String) {
        let time = SeoulTime(Timestamp(milliseconds: milliseconds))
        #expect(time.text(in: .ko) == korean)
        #expect(time.text(in: .en) == english)
    }

    @Test("Won are written with their sign and in thousands")
    func prices() {
        #expect(Won(0).priceText == "₩0")
        #expect(Won(999).priceText == "₩999")
        #expect(Won(132_000).priceText == "₩132,000")
        #expect(Won(1_000_005).priceText == "₩1,000,005")
        #expect(Won(100_000_000_000).priceText == "₩100,000,000,000")
    }
}
