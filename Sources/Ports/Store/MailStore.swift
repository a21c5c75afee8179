public import Domain

/// A mail that is to be sent now. What it says is read when it is sent.
public struct WaitingMail: Hashable, Sendable {
    /// What it tells of.
    public let event: Event
    /// Which attempt this is, counted from 1.
    public let attempt: Int

    public init(event: Event, attempt: Int) {
        self.event = event
        self.attempt = attempt
    }
}

/// What became of a mail for good.
public enum MailEnd: Hashable, Sendable {
    case sent
    /// Nobody tries again.
    case failed(reason: String)
}

/// How long mails are remembered.
public enum SpooledMails {
    /// Thirty days: for as long an event that comes again makes no second mail.
    public static let keptSeconds = 30 * 24 * 3600
}

/// Mails that wait to be sent, one an event at most.
public protocol MailStore: Sendable {
    /// Spools a mail for each of the events that is younger, by the store's own clock, and has none yet: one that was
    /// spooled, sent or given up before is left as it is. Returns how many of the events are too old.
    func spoolMails(of events: [Event], notOlderThanSeconds seconds: Int) async throws(Fault) -> Int
    /// Takes mails that are due, the longest waiting first, and counts an attempt for each. Nobody else takes them for
    /// so many seconds, by the store's own clock; after that they are due again, as after a crash.
    func takeDueMails(limit: Int, forSeconds seconds: Int) async throws(Fault) -> [WaitingMail]
    /// Keeps mails that were taken for so many seconds from now: sending takes longer than was thought.
    func keepMails(of events: [EventID], forSeconds seconds: Int) async throws(Fault)
    /// Makes a mail that was taken due again in so many seconds.
    func postponeMail(of event: EventID, bySeconds seconds: Int, reason: String) async throws(Fault)
    /// Gives mails back that were taken and not tried: due at once, the attempt not counted.
    func giveBackMails(of events: [EventID]) async throws(Fault)
    func endMails(of events: [EventID], _ end: MailEnd) async throws(Fault)
    func waitingMailCount() async throws(Fault) -> Int
    /// Forgets mails that were sent or given up and whose events are older, by the time in the event's id and the
    /// store's own clock. Returns how many, at most `limit`.
    func forgetMails(olderThanSeconds seconds: Int, limit: Int) async throws(Fault) -> Int
}
