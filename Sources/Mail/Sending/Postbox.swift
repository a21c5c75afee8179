internal import Ports

/// Where finished mails go: a mail server, or a folder.
protocol Postbox: Sendable {
    /// Cancelling ends it within seconds.
    func take(_ message: Message) async -> Receipt
    /// Nothing is to be sent for now: lets go of what only sending needs.
    func rest() async
}

/// What a postbox says of a mail.
enum Receipt: Hashable, Sendable {
    case taken
    /// It will never be taken, such as when its address does not exist.
    case refused(reason: String)
    /// This mail is not taken now; others may be.
    case postponed(reason: String)
    /// No mail is taken now.
    case away(reason: String)
    /// The program is ending; nobody knows whether it was taken.
    case interrupted
}
