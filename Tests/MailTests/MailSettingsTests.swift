import Testing

@testable import Mail

@Suite("Where mails go")
struct MailSettingsTests {
    private func server(_ address: String) throws -> SMTPServer {
        let settings = try MailSettings(address: address, from: "a@b.c", publicURL: nil)
        guard case .server(let server) = settings.destination else { throw MailSettings.Mistake(description: "none") }
        return server
    }

    @Test("A password goes to another host through TLS only")
    func encryption() throws {
        #expect(try server("smtp://mail.example.com").encryption == .opportunistic)
        #expect(try server("smtp://u:p@mail.example.com").encryption == .required)
        #expect(try server("smtp://u:p@127.0.0.1:2525").encryption == .opportunistic)
        #expect(try server("smtp://u:p@localhost").encryption == .opportunistic)
        #expect(try server("smtp://u:p@[::1]:25").encryption == .opportunistic)
        #expect(try server("smtp://u:p@127.0.0.1.example.com").encryption == .required)
        #expect(try server("smtp://u:p@127.0.0.1:25?tls=required").encryption == .required)
        #expect(try server("smtp://mail.example.com?tls=never").encryption == .none)
        #expect(try server("smtps://u:p@mail.example.com").encryption == .implicit)
        #expect(throws: MailSettings.Mistake.self) { try server("smtp://u:p@mail.example.com?tls=never") }
        #expect(throws: MailSettings.Mistake.self) { try server("smtps://mail.example.com?tls=never") }
    }

    @Test("User and password are percent-encoded, ports have their usual numbers")
    func parts() throws {
        let login = try server("smtp://me%40example.com:p%3A%2F%40%C3%A9@mail.example.com")
        #expect(login.user == "me@example.com")
        #expect(login.password == "p:/@é")
        #expect(login.url == "smtp://mail.example.com:587")
        #expect(try server("smtp://mail.example.com/").url == "smtp://mail.example.com:25")
        #expect(try server("smtps://mail.example.com").url == "smtps://mail.example.com:465")
        #expect(try server("smtp://[2001:db8::1]:2525").url == "smtp://[2001:db8::1]:2525")
        #expect(try server("smtp://a.b?ca=/etc/own.pem").authorities == "/etc/own.pem")
    }

    @Test(
        "What cannot be meant is said",
        arguments: [
            "", "on", "http://a.b", "file:", "smtp://", "smtp://a b", "smtp://user@host", "smtp://u:@host",
            "smtp://u:p@", "smtp://u:pa/ss@host", "smtp://u:p%0D%0A@host", "smtp://u:p%zz@host", "smtp://host:0",
            "smtp://host:65536", "smtp://host:x", "smtp://host?tls=maybe", "smtp://host?x=1", "smtp://[::1",
            "smtp://[a]b",
            "smtp://host/path",
        ])
    func mistakes(address: String) {
        #expect(throws: MailSettings.Mistake.self) {
            try MailSettings(address: address, from: "a@b.c", publicURL: nil)
        }
    }

    @Test("A mail server needs a sender, a folder does not")
    func sender() throws {
        #expect(throws: MailSettings.Mistake.self) {
            try MailSettings(address: "smtp://a.b", from: nil, publicURL: nil)
        }
        #expect(throws: MailSettings.Mistake.self) {
            try MailSettings(address: "file:mails", from: "nobody", publicURL: nil)
        }
        let settings = try MailSettings(address: "file:mails", from: nil, publicURL: nil)
        #expect(settings.destination == .folder("mails"))
        #expect(settings.from.isDeliverable)
    }

    @Test("A mail is tried until it is a day old, soon at first, and a few times at least")
    func schedule() {
        let day: Int64 = 86_400
        #expect((1...7).map { MailSchedule.delaySeconds(after: $0, ageSeconds: 0) } == [5, 15, 60, 180, 600, 900, 900])
        // How often it was tried says nothing.
        #expect(MailSchedule.delaySeconds(after: 10_000, ageSeconds: day - 1) == 900)
        #expect(MailSchedule.delaySeconds(after: 10_000, ageSeconds: day) == nil)
        #expect(MailSchedule.delaySeconds(after: 6, ageSeconds: day) == nil)
        // One that was old when it was first tried, and one from a clock that is ahead.
        #expect((1...5).map { MailSchedule.delaySeconds(after: $0, ageSeconds: 9 * day) } == [5, 15, 60, 180, 600])
        #expect(MailSchedule.delaySeconds(after: 10_000, ageSeconds: -day) == 900)
    }
}
