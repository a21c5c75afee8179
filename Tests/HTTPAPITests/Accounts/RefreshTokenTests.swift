import Crypto
import Domain
import Testing

@testable import HTTPAPI

@Suite("Refresh tokens")
struct RefreshTokenTests {
    private let token = RefreshToken(
        sessionID: ID<Session>(high: 0x01A2_0810_3A78_7000, low: 0xA997_7CFA_C7A2_EA20), secret: Array(0..<32))

    @Test("A token is read back from its text")
    func roundTrip() throws {
        let read = try #require(RefreshToken(token.description))
        #expect(read.sessionID == token.sessionID)
        #expect(read.secret == token.secret)
        #expect(token.description.hasPrefix("01a20810-3a78-7000-a997-7cfac7a2ea20."))
    }

    @Test("The store keeps the SHA-256 of the secret, never the secret")
    func hash() {
        #expect(token.hash == Array(SHA256.hash(data: token.secret)))
    }

    @Test(
        "Anything else is none",
        arguments: [
            "", ".", "a.b", "01a20810-3a78-7000-a997-7cfac7a2ea20", "01a20810-3a78-7000-a997-7cfac7a2ea20.",
            "01a20810-3a78-7000-a997-7cfac7a2ea20.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg",
            "01a20810-3a78-7000-a997-7cfac7a2ea20.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8.x",
            "01a20810-3a78-7000-a997-7cfac7a2ea20.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gIQ",
            "nonsense.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
        ])
    func malformed(text: String) {
        #expect(RefreshToken(text) == nil)
    }
}
