import Domain
import HTTPTypes
import Hummingbird
import NIOCore
import Testing

@testable import HTTPAPI

@Suite("The cookie of the pages' session")
struct SessionCookieTests {
    private func request(_ cookies: [String]) -> Request {
        var head = HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/api/v1/sessions/refresh")
        for cookie in cookies { head.headerFields.append(HTTPField(name: .cookie, value: cookie)) }
        return Request(head: head, body: RequestBody(buffer: ByteBuffer()))
    }

    @Test(
        "It is found among others",
        arguments: [
            ["jari_session=abc"], ["a=1; jari_session=abc; b=2"], ["a=1;jari_session=abc"],
            ["a=1", "jari_session=abc"],
        ])
    func found(cookies: [String]) {
        #expect(SessionCookie(isSecure: false).read(request(cookies)) == "abc")
    }

    @Test(
        "Nothing, another name, or two of them are none",
        arguments: [
            [], [""], ["jari_sessions=abc"], ["xjari_session=abc"], ["jari_session"],
            ["jari_session=a; jari_session=b"],
            ["jari_session=a", "jari_session=a"],
        ])
    func none(cookies: [String]) {
        #expect(SessionCookie(isSecure: false).read(request(cookies)) == nil)
    }

    @Test("Scripts and other sites are kept from it, and plain HTTP where there is HTTPS")
    func attributes() {
        #expect(
            SessionCookie(isSecure: true).holding("abc", seconds: 60)
                == "jari_session=abc; Max-Age=60; Path=/api/v1/sessions; HttpOnly; SameSite=Strict; Secure")
        #expect(
            SessionCookie(isSecure: false).cleared
                == "jari_session=; Max-Age=0; Path=/api/v1/sessions; HttpOnly; SameSite=Strict")
    }

    @Test("The token that follows is the same each time, another for another token, and of the same session")
    func successor() async {
        let tokens = await AccessTokens(secrets: [[UInt8](repeating: 7, count: 32)])
        let others = await AccessTokens(secrets: [[UInt8](repeating: 8, count: 32)])
        let session = ID<Session>(high: 3, low: 4)
        let token = RefreshToken(sessionID: session, secret: [UInt8](repeating: 1, count: 32))
        let other = RefreshToken(sessionID: session, secret: [UInt8](repeating: 2, count: 32))
        let next = tokens.successor(of: token)
        #expect(next == tokens.successor(of: token))
        #expect(next.sessionID == session && next.secret.count == 32 && next != token)
        #expect(next != tokens.successor(of: other))
        #expect(next != tokens.successor(of: next))
        // Without this server's secret nobody computes it.
        #expect(next != others.successor(of: token))
    }
}
