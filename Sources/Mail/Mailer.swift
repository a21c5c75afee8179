public import Domain
public import Logging
internal import Metrics
public import Ports

/// Has a mail sent for each event that a fan waits for: tickets bought, money given back.
///
/// It only notes that a mail is to be sent; a ``MailSender`` writes and sends it. So neither a slow mail server nor the
/// writing of mails holds up the events, and a rush of purchases costs the store a few bytes each (docs/adr/0020).
public final class Mailer: EventConsumer {
    public let name = "mail"
    private let store: any MailStore
    private let logger: Logger
    private let outdated = Counter(label: "jari_mails_outdated_total")

    public init(store: any MailStore, logger: Logger) {
        self.store = store
        self.logger = logger
    }

    /// Returns when the mails are safe in the store. Events that come again make no second mail, and those that are
    /// older than a day make none: a topic keeps its events for a week, and who turns mail on does not want that week's
    /// buyers to be written to.
    public func consume(_ events: [Event]) async throws(Fault) {
        let occasions = events.filter { Occasion($0) != nil }
        let oldCount = try await store.spoolMails(of: occasions, notOlderThanSeconds: MailSchedule.ageMaxSeconds)
        guard oldCount > 0 else { return }
        outdated.increment(by: oldCount)
        logger.warning("no mail is sent for events that are older than a day", metadata: ["events": "\(oldCount)"])
    }
}

extension Event {
    /// Negative for one of another process whose clock is ahead.
    func ageSeconds(at now: Timestamp) -> Int64 { now.milliseconds(since: at) / 1000 }
}

/// Why a fan is written to.
enum Occasion: Sendable {
    /// Tickets were bought.
    case confirmation
    /// All tickets of a reservation were refunded.
    case refund
    /// Some were.
    case partialRefund
    /// Money came that nothing could be sold for any more, and went back.
    case moneyReturned

    /// Nil for an event that is no reason for a mail, or has nobody to tell.
    init?(_ event: Event) {
        guard event.userID != nil else { return nil }
        switch event.kind {
        case .reservationPaid: self = .confirmation
        case .reservationRefunded: self = .refund
        case .reservationPartlyRefunded: self = .partialRefund
        case .paymentReturned: self = .moneyReturned
        default: return nil
        }
    }
}
