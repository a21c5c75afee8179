import Domain
import TestSupport
import Testing

@Suite("Ticket codes")
struct TicketCodeTests {
    @Test("A code is read back from its 39 characters")
    func roundTrip() throws {
        var random = SeededRandom(seed: 3)
        var codes = (0..<2_000).map { _ in
            TicketCode(ticketID: TicketID(high: random.next(), low: random.next()), secret: random.next())
        }
        codes.append(TicketCode(ticketID: TicketID(high: 0, low: 0), secret: 0))
        codes.append(TicketCode(ticketID: TicketID(high: .max, low: .max), secret: .max))
        for code in codes {
            let text = code.description
            #expect(text.utf8.count == 39)
            #expect(TicketCode(text) == code)
            #expect(TicketCode(text.lowercased()) == code)
        }
    }

    @Test("Letters that look like digits are read as them")
    func lookAlikes() {
        let code = TicketCode(ticketID: TicketID(high: 0x42, low: 0x1000), secret: 1)
        let text = code.description
        #expect(text.contains("0") && text.contains("1"))
        for (digit, letters) in [("0", "Oo"), ("1", "IiLl")] {
            for letter in letters {
                let misread = text.map { String($0) == digit ? letter : $0 }
                #expect(TicketCode(String(misread)) == code, "\(letter) for \(digit)")
            }
        }
    }

    @Test("The letters that Crockford leaves out never occur")
    func alphabet() {
        var random = SeededRandom(seed: 4)
        for _ in 0..<200 {
            let code = TicketCode(ticketID: TicketID(high: random.next(), low: random.next()), secret: random.next())
            #expect(!code.description.contains { "ILOU".contains($0) })
        }
    }

    @Test("Spaces and dashes between characters do not matter")
    func groups() {
        let code = TicketCode(ticketID: .sample(1), secret: 7)
        let grouped = code.description.enumerated().map { $0 % 5 == 4 ? "\($1)-" : "\($1)" }.joined()
        #expect(TicketCode(grouped) == code)
        #expect(TicketCode(" " + code.description + " ") == code)
    }

    @Test(
        "What is no code is nil",
        arguments: [
            "", "0", String(repeating: "0", count: 38), String(repeating: "0", count: 40),
            String(repeating: "U", count: 39), String(repeating: "0", count: 38) + "!",
            // The id has 128 bits: the first of its 26 characters is at most 7.
            "8" + String(repeating: "0", count: 38),
            // The secret has 64 bits: the first of its 13 characters is at most F.
            String(repeating: "0", count: 26) + "G" + String(repeating: "0", count: 12),
        ])
    func malformed(text: String) {
        #expect(TicketCode(text) == nil)
    }
}
