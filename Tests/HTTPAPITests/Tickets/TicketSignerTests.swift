import Crypto
import Domain
import Foundation
import Testing

@testable import HTTPAPI

@Suite("Signed tickets")
struct TicketSignerTests {
    private static let secret = [UInt8](repeating: 7, count: 32)
    private let signer = TicketSigner(secrets: [secret])

    private static let ticket = Ticket(
        id: TicketID(high: 0x01a2_0810_2ad8_7000, low: 0x93c4_9df1_9227_6658),
        reservationID: ReservationID(high: 1, low: 1),
        dateID: DateID(high: 0x01a2_0810_1750_7000, low: 0x9133_de06_1600_a35a), userID: UserID(high: 1, low: 3),
        seat: ReservedSeat(
            id: SeatID(high: 1, low: 4), label: SeatLabel(section: "A", row: "1", number: "7"), grade: "R",
            gradeIndex: 0,
            price: Won(132_000), fence: 1),
        code: TicketCode(
            ticketID: TicketID(high: 0x01a2_0810_2ad8_7000, low: 0x93c4_9df1_9227_6658), secret: 0x0123_4567_89ab_cdef),
        createdAt: Timestamp(milliseconds: 0))

    @Test("A signed ticket is good with the public key alone, and says which ticket and date it is")
    func good() throws {
        let text = signer.signed(Self.ticket)
        let found = try #require(TicketSigner.verify(text, with: signer.publicKeys))
        #expect(found.code == Self.ticket.code && found.dateID == Self.ticket.dateID)
        #expect(TicketSigner.verify(text.lowercased(), with: signer.publicKeys) != nil, "a scanner may write it small")
        #expect(signer.code(in: text) == Self.ticket.code)
    }

    @Test("It is what any Ed25519 checks: the text before the signature, with its purpose before it")
    func byOthers() throws {
        let text = signer.signed(Self.ticket)
        let parts = text.split(separator: ".")
        #expect(parts.count == 3 && parts[0].count == 39 && parts[1].count == 26 && parts[2].count == 103)
        let key = try Curve25519.Signing.PublicKey(rawRepresentation: signer.publicKeys[0])
        let signature = try #require(Crockford.decode(parts[2], count: 64))
        #expect(key.isValidSignature(signature, for: Data("jari-ticket-1:\(parts[0]).\(parts[1])".utf8)))
    }

    @Test("One changed character of any part makes it forged")
    func changed() {
        let text = Array(signer.signed(Self.ticket))
        for index in text.indices where text[index] != "." {
            var other = text
            other[index] = text[index] == "7" ? "8" : "7"
            let forged = String(other)
            #expect(TicketSigner.verify(forged, with: signer.publicKeys) == nil, "\(forged)")
            #expect(signer.code(in: forged) == nil)
        }
        for odd in ["", ".", "..", "a.b.c", String(text) + ".", String(text.dropLast())] {
            #expect(TicketSigner.verify(odd, with: signer.publicKeys) == nil)
        }
    }

    @Test("A ticket of another key is forged; one of the key before is still good")
    func keys() {
        let other = TicketSigner(secrets: [[UInt8](repeating: 8, count: 32)])
        #expect(TicketSigner.verify(other.signed(Self.ticket), with: signer.publicKeys) == nil)
        #expect(other.code(in: signer.signed(Self.ticket)) == nil)
        let both = TicketSigner(secrets: [[UInt8](repeating: 8, count: 32), Self.secret])
        #expect(both.code(in: signer.signed(Self.ticket)) == Self.ticket.code)
    }

    @Test("The code alone can be typed, also small and with dashes")
    func typed() {
        let code = Self.ticket.code.description
        #expect(signer.code(in: code) == Self.ticket.code)
        #expect(signer.code(in: code.lowercased()) == Self.ticket.code)
        #expect(signer.code(in: "nonsense") == nil)
    }

    @Test("Base 32 gives bytes back, and takes one text for them", arguments: [0, 1, 4, 5, 16, 31, 64])
    func crockford(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + 11) }
        let text = Crockford.encode(bytes)
        #expect(Crockford.decode(text, count: count) == bytes)
        #expect(Crockford.decode(text + "0", count: count) == nil)
        if count % 5 != 0, let last = text.last, let value = last.asciiValue.flatMap(crockfordValue) {
            // Its spare bits are zeros; with one set it is another text for the same bytes.
            let other = text.dropLast() + String(UnicodeScalar(crockfordDigits[Int(value | 1)]))
            #expect(Crockford.decode(other, count: count) == nil)
        }
    }
}
