import Crypto
import Domain
import Testing

@testable import HTTPAPI

@Suite("Refresh tokens")
struct RefreshTokenTests {
    private static let old = [UInt8](repeating: 1, count: 32)
    private static let new = [UInt8](repeating: 2, count: 32)
    private let token = RefreshToken(
        sessionID: ID<Session>(high: 0x01A2_0810_3A78_7000, low: 0xA997_7CFA_C7A2_EA20), secret: Array(0..<32))

    @Test("A token is read back from its text")
    func roundTrip() async {
        let tokens = await AccessTokens(secrets: [Self.old])
        let text = tokens.seal(token)
        #expect(text.hasPrefix("01a20810-3a78-7000-a997-7cfac7a2ea20."))
        #expect(text.utf8.count <= 200)
        #expect(tokens.unseal(text) == token)
    }

    @Test("A secret or a session of one's own choice has no seal, so it is none")
    func guessed() async {
        let tokens = await AccessTokens(secrets: [Self.old])
        let seal = RefreshToken.read(tokens.seal(token))?.seal ?? []
        let otherSecret = RefreshToken(sessionID: token.sessionID, secret: Array(1...32))
        #expect(tokens.unseal(otherSecret.text(seal: seal)) == nil)
        let otherSession = RefreshToken(sessionID: ID<Session>(high: 1, low: 2), secret: token.secret)
        #expect(tokens.unseal(otherSession.text(seal: seal)) == nil)
        #expect(tokens.unseal(token.text(seal: [UInt8](repeating: 0, count: 32))) == nil)
        #expect(await AccessTokens(secrets: [Self.new]).unseal(tokens.seal(token)) == nil)
    }

    @Test("After a change of keys the old tokens are good, and new ones are sealed by the new key")
    func ring() async {
        let before = await AccessTokens(secrets: [Self.old])
        let ring = await AccessTokens(secrets: [Self.new, Self.old])
        #expect(ring.unseal(before.seal(token)) == token)
        #expect(before.unseal(ring.seal(token)) == nil)
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
            "01a20810-3a78-7000-a997-7cfac7a2ea20.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
            "nonsense.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8AAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHw",
        ])
    func malformed(text: String) {
        #expect(RefreshToken.read(text) == nil)
    }
}
