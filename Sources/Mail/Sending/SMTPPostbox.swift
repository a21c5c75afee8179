internal import Synchronization

/// Gives mails to a server by SMTP (RFC 5321), over one connection that is kept for as long as there is something to
/// send.
final class SMTPPostbox: Postbox {
    private let server: SMTPServer
    private let limits: SMTPLimits
    /// libcurl blocks until a mail is gone, or a limit is over.
    private let thread = BlockingThread(named: "mail-smtp")
    private let session = Mutex<SMTPSession?>(nil)
    private let stop = StopSign()

    init(server: SMTPServer, limits: SMTPLimits = SMTPLimits()) {
        self.server = server
        self.limits = limits
    }

    func take(_ message: Message) async -> Receipt {
        let receipt = await thread.run(stop: stop.set) { [self] in
            session.withLock { session -> Receipt in
                let open = session ?? SMTPSession(server: server, limits: limits, stop: stop)
                guard let open else { return .away(reason: "libcurl has no memory left") }
                session = open
                return open.send(message)
            }
        }
        return receipt ?? .interrupted
    }

    func rest() async {
        _ = await thread.run(stop: stop.set) { [self] in session.withLock { $0 = nil } }
    }
}
