/// How long a mail server is waited for, in milliseconds.
///
/// Short while giving up costs nothing: the mail is tried again later. After the whole mail was handed over it would
/// cost the fan a second copy, since a server that is slow may well have taken it; so there RFC 5321 (4.5.3.2.6) asks
/// for ten minutes.
struct SMTPLimits: Sendable {
    /// To be connected, greeted and logged in.
    var connectMs = 30_000
    /// For the answer to a command, and for the server to take a piece of the mail.
    var commandMs = 60_000
    /// For the answer to the whole mail.
    var acceptanceMs = 600_000
    /// For the answer to our leave.
    var leaveMs = 5_000
    /// For all of it, whatever trickles: more than any of the others.
    var mailMs = 900_000
}
