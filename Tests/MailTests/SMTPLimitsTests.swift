import Domain
import TestSupport
import Testing

@testable import Mail

@Suite("How long a mail server is waited for", .timeLimit(.minutes(2)))
struct SMTPLimitsTests {
    private let limits = SMTPLimits(
        connectMs: 1_000, commandMs: 1_000, acceptanceMs: 20_000, leaveMs: 500, mailMs: 60_000)

    private func postbox(_ server: SlowMailServer, limits: SMTPLimits? = nil) throws -> SMTPPostbox {
        let settings = try MailSettings(
            address: "smtp://127.0.0.1:\(server.port)?tls=never", from: "a@b.c", publicURL: nil)
        guard case .server(let address) = settings.destination else { throw SlowMailServer.CannotListen() }
        return SMTPPostbox(server: address, limits: limits ?? self.limits)
    }

    private let message = Message(
        id: "0198a000-0000-7000-8000-000000000001", from: Mailbox(name: "", address: "a@b.c"),
        to: Mailbox(name: "", address: "fan@example.org"), subject: "tickets", date: "Wed, 25 Nov 2026 19:00:00 +0900",
        content: .text("안녕하세요", type: "text/plain; charset=utf-8"))

    @Test("The limits of RFC 5321 hold where giving up would send a mail twice")
    func values() {
        let limits = SMTPLimits()
        #expect(limits.acceptanceMs >= 600_000)
        #expect(limits.mailMs > limits.acceptanceMs + limits.commandMs)
        #expect(limits.commandMs <= 60_000 && limits.connectMs <= limits.commandMs)
    }

    @Test("A server that thinks long about a whole mail has taken it, once")
    func slowAcceptance() async throws {
        let server = try SlowMailServer(delays: [".": 4])
        let postbox = try postbox(server)
        #expect(await postbox.take(message) == .taken)
        await postbox.rest()
        #expect(server.verbs.filter { $0 == "." }.count == 1)
        #expect(server.verbs.last == "QUIT")
        server.close()
    }

    @Test("A server that is silent before it has the whole mail is not waited for", arguments: ["", "RCPT", "DATA"])
    func silent(verb: String) async throws {
        let server = try SlowMailServer(delays: [verb: 3_600])
        let begun = ContinuousClock.now
        guard case .away(let reason) = await (try postbox(server)).take(message) else {
            Issue.record("it waits for no answer, and counts as one")
            return
        }
        #expect(ContinuousClock.now - begun < .seconds(15))
        if !verb.isEmpty { #expect(reason == "no answer within 1 seconds (\(verb): )") }
        server.close()
    }

    @Test("A server that never says whether it has taken a mail is given up in the end")
    func neverAccepts() async throws {
        let server = try SlowMailServer(delays: [".": 3_600])
        var limits = limits
        limits.acceptanceMs = 2_000
        let begun = ContinuousClock.now
        let receipt = await (try postbox(server, limits: limits)).take(message)
        #expect(receipt == .away(reason: "no answer within 2 seconds (DATA: 354 go on)"))
        #expect(ContinuousClock.now - begun >= .seconds(2))
        #expect(ContinuousClock.now - begun < .seconds(15))
        server.close()
    }

    @Test("A server that is slow to let go is left", arguments: [0, 400])
    func slowLeave(pauseMs: Int) async throws {
        let server = try SlowMailServer(delays: ["QUIT": 3_600])
        let postbox = try postbox(server)
        #expect(await postbox.take(message) == .taken)
        try await Task.sleep(for: .milliseconds(pauseMs))
        let begun = ContinuousClock.now
        await postbox.rest()
        #expect(ContinuousClock.now - begun < .seconds(10))
        server.close()
    }

    @Test("A program that ends waits for no server", arguments: ["", "RCPT", "."])
    func interrupted(verb: String) async throws {
        let server = try SlowMailServer(delays: [verb: 3_600])
        let postbox = try postbox(server, limits: SMTPLimits())
        let begun = ContinuousClock.now
        let taking = Task { await postbox.take(message) }
        if !verb.isEmpty { #expect(await eventually { server.verbs.last == verb }) }
        taking.cancel()
        #expect(await taking.value == .interrupted)
        let resting = Task { await postbox.rest() }
        resting.cancel()
        await resting.value
        #expect(ContinuousClock.now - begun < .seconds(15))
        server.close()
    }
}
