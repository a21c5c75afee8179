internal import Synchronization

/// Gives mails to a server by SMTP (RFC 5321), over one connection that is kept for as long as there is something to
/// send.
final class SMTPPostbox: Postbox {
    private let server: SMTPServer
    /// libcurl blocks until a mail is gone, or its limit is over.
    private let thread = BlockingThread(named: "mail-smtp")
    private let session = Mutex<SMTPSession?>(nil)

    init(server: SMTPServer) {
        self.server = server
    }

    func take(_ message: Message) async -> Receipt {
        await thread.run { [self] in
            session.withLock { session in
                let open = session ?? SMTPSession(server: server)
                guard let open else { return .away(reason: "libcurl has no memory left") }
                session = open
                return open.send(message)
            }
        }
    }

    func rest() async {
        await thread.run { [self] in session.withLock { $0 = nil } }
    }
}
