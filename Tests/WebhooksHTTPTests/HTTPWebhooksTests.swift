import Crypto
import Domain
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import Ports
import Synchronization
import TestSupport
import Testing

@testable import WebhooksHTTP

/// Says what it is told to, another thing each time that it is asked.
final class ToldResolver: HostResolver {
    private let answers: Mutex<[[String]]>
    private let asked = Mutex<[String]>([])

    init(_ answers: [String]...) {
        self.answers = Mutex(answers)
    }

    var hosts: [String] { asked.withLock { $0 } }

    func addresses(of host: String, port: Int) async throws(HostNotFound) -> [SocketAddress] {
        asked.withLock { $0.append(host) }
        let answer = answers.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
        return answer.compactMap { try? SocketAddress(ipAddress: $0, port: port) }
    }

    func close() async {}
}

@Suite("Webhooks over HTTP")
struct HTTPWebhooksTests {
    private func message(_ url: String, secrets: [[UInt8]] = [[1, 2, 3]], failures: Int = 0) throws -> WebhookMessage {
        WebhookMessage(
            url: try #require(WebhookURL(url)), id: .sample(7), at: Timestamp(milliseconds: 1_795_341_600_999),
            payload: Array(#"{"type":"jari.reservation.paid"}"#.utf8), secrets: secrets, failureCount: failures)
    }

    private func send(
        _ message: WebhookMessage, by resolver: any HostResolver = ToldResolver(["127.0.0.1"]), isPrivate: Bool = true,
        limitMs: Int64 = 10_000
    ) async -> WebhookAnswer {
        let webhooks = HTTPWebhooks(allowsPrivateTargets: isPrivate, resolver: resolver, limitMs: limitMs)
        let answer = await webhooks.send(message)
        await webhooks.close()
        return answer
    }

    /// The message and the first secret are those with which the specification's own libraries are tested; the second
    /// signature was made with Python's hmac.
    @Test("A signature is that of Standard Webhooks, one for each secret")
    func signature() throws {
        let published = try #require(Data(base64Encoded: "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        let header = WebhookSignature.header(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", seconds: 1_614_265_330, body: Array(#"{"test": 2432232314}"#.utf8),
            secrets: [Array(published), [0]])
        #expect(
            header == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= "
                + "v1,woH/1mJtZGSMCmpFTxRYbStS24eLLD/oXIYr4PYyZ7g=")
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + count) }
            #expect(WebhookSignature.base64(bytes) == Data(bytes).base64EncodedString())
        }
    }

    @Test("What arrives is the message, signed, for the host as it is written")
    func arrives() async throws {
        try await Receiver.with(reply: { _, _ in .status(202, body: "thanks") }) { receiver in
            let message = try message(
                "http://hooks.example.com:\(receiver.port)/jari?a=b", secrets: [[1, 2, 3], [4, 5]])
            let answer = await send(message)
            #expect(answer.statusCode == 202 && answer.error == nil && answer.body == Array("thanks".utf8))
            let received = try #require(receiver.received.first)
            #expect(received.uri == "/jari?a=b")
            #expect(received.body == message.payload)
            #expect(received.header("host") == "hooks.example.com:\(receiver.port)")
            #expect(received.header("content-type") == CloudEvent.contentType)
            #expect(received.header("webhook-id") == "\(message.id)")
            #expect(received.header("webhook-timestamp") == "1795341600")
            let signatures = try #require(received.header("webhook-signature")).split(separator: " ")
            let signed = Data("\(message.id).1795341600.".utf8) + Data(message.payload)
            for (signature, secret) in zip(signatures, message.secrets) {
                let code = HMAC<SHA256>.authenticationCode(for: signed, using: SymmetricKey(data: secret))
                #expect(signature == "v1," + Data(code).base64EncodedString())
            }
            #expect(signatures.count == 2)
        }
    }

    @Test("A redirect is an answer, and is not followed")
    func redirect() async throws {
        try await Receiver.with(reply: { one, _ in
            .status(307, headers: ["location": "http://127.0.0.1:\(one.header("host")?.suffix(5) ?? "")/elsewhere"])
        }) { receiver in
            let answer = await send(try message("http://127.0.0.1:\(receiver.port)/"))
            #expect(answer.statusCode == 307)
            #expect(receiver.received.count == 1)
        }
    }

    @Test("Only the first KiB of an answer is kept, and an endless one ends")
    func longAnswer() async throws {
        try await Receiver.with(reply: { one, _ in
            one.uri == "/long" ? .status(500, body: String(repeating: "x", count: 100_000)) : .endlessBody
        }) { receiver in
            let long = await send(try message("http://127.0.0.1:\(receiver.port)/long"))
            #expect(long.statusCode == 500 && long.body == [UInt8](repeating: UInt8(ascii: "x"), count: 1024))
            let endless = await send(try message("http://127.0.0.1:\(receiver.port)/"), limitMs: 300)
            #expect(endless.durationMs < 5_000)
            #expect(endless.error != nil || endless.body == Array("still".utf8))
        }
    }

    @Test("Whoever does not answer, or hangs up, is told apart, in time")
    func noAnswer() async throws {
        try await Receiver.with(reply: { one, _ in one.uri == "/close" ? .close : .never }) { receiver in
            let never = await send(try message("http://127.0.0.1:\(receiver.port)/"), limitMs: 300)
            #expect(never.statusCode == nil && never.durationMs >= 300 && never.durationMs < 5_000)
            #expect(never.error?.contains("no answer within") == true || never.error?.isEmpty == false)
            let closed = await send(try message("http://127.0.0.1:\(receiver.port)/close"))
            #expect(closed.statusCode == nil && closed.error == "the connection was closed")
        }
        let refused = await send(try message("http://127.0.0.1:1/"))
        #expect(refused.statusCode == nil && refused.error?.hasPrefix("cannot connect") == true)
    }

    @Test(
        "Without leave nothing goes to a private address, whatever leads there",
        arguments: [
            "127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fd00::1",
        ])
    func privateTarget(address: String) async throws {
        try await Receiver.with { receiver in
            let byName = try message("https://hooks.example.com:\(receiver.port)/")
            let answer = await send(byName, by: ToldResolver([address]), isPrivate: false)
            #expect(answer.error == "the host's address is private, and such are not allowed")
            #expect(receiver.connectionCount == 0)
        }
    }

    @Test("The system's resolver is asked for what looks like no address but is one")
    func disguisedLoopback() async throws {
        try await Receiver.with { receiver in
            for host in ["127.1", "2130706433", "0x7f.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0"] {
                let webhooks = HTTPWebhooks(allowsPrivateTargets: false)
                let answer = await webhooks.send(try message("https://\(host):\(receiver.port)/"))
                await webhooks.close()
                #expect(answer.statusCode == nil, "\(host)")
                #expect(answer.error?.contains("private") == true || answer.error?.contains("not found") == true)
            }
            #expect(receiver.connectionCount == 0)
        }
    }

    @Test("Plain HTTP is not used without leave")
    func plain() async throws {
        let resolver = ToldResolver(["8.8.8.8"])
        let answer = await send(try message("http://hooks.example.com/"), by: resolver, isPrivate: false)
        #expect(answer.error == "only https addresses are allowed")
        #expect(resolver.hosts.isEmpty)
    }

    @Test("A name that is rebound between the check and the connection leads nowhere else")
    func rebinding() async throws {
        try await Receiver.with(host: "127.0.0.2") { checked in
            // To the system this name is 127.0.0.1: were it looked up a second time, nobody would answer there.
            let resolver = ToldResolver(["127.0.0.2"])
            let answer = await send(try message("http://localhost:\(checked.port)/"), by: resolver)
            #expect(answer.statusCode == 204)
            #expect(resolver.hosts == ["localhost"])
            #expect(checked.received.first?.header("host") == "localhost:\(checked.port)")
        }
    }

    @Test("Every message is looked up anew; a connection to an address that is gone from the name is not used again")
    func movedHost() async throws {
        try await Receiver.with(host: "127.0.0.1") { receiver in
            let resolver = ToldResolver(["127.0.0.1"], ["127.0.0.1"], ["127.0.0.3"])
            let webhooks = HTTPWebhooks(allowsPrivateTargets: true, resolver: resolver)
            let message = try message("http://hooks.example.com:\(receiver.port)/")
            #expect(await webhooks.send(message).statusCode == 204)
            #expect(await webhooks.send(message).statusCode == 204)
            #expect(receiver.connectionCount == 1, "a connection serves more than one message")
            #expect(await webhooks.send(message).statusCode == nil)
            await webhooks.close()
            #expect(resolver.hosts.count == 3)
        }
    }

    @Test("Of several addresses the private ones are passed by, and each failure tries another one")
    func severalAddresses() async throws {
        try await Receiver.with(host: "127.0.0.1") { receiver in
            let url = "http://hooks.example.com:\(receiver.port)/"
            let resolver = ToldResolver(["127.0.0.9", "127.0.0.1"])
            let (first, second) = (try message(url), try message(url, failures: 1))
            #expect(await send(first, by: resolver).statusCode == nil)
            #expect(await send(second, by: resolver).statusCode == 204)
        }
    }

    @Test("The certificate must be that of the host as it is written, not of the address")
    func certificate() async throws {
        let authority = try TestAuthority(host: "hooks.example.com")
        defer { authority.remove() }
        try await Receiver.with(tls: authority.server) { receiver in
            func send(_ host: String) async throws -> WebhookAnswer {
                let webhooks = HTTPWebhooks(
                    allowsPrivateTargets: true, resolver: ToldResolver(["127.0.0.1"]), tls: authority.client)
                let answer = await webhooks.send(try message("https://\(host):\(receiver.port)/"))
                await webhooks.close()
                return answer
            }
            #expect(try await send("hooks.example.com").statusCode == 204)
            let other = try await send("other.example.com")
            #expect(other.statusCode == nil && other.error?.hasPrefix("TLS failed") == true)
            #expect(receiver.received.count == 1)
        }
    }
}
