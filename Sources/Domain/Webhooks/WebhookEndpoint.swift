public typealias WebhookID = ID<WebhookEndpoint>

/// Where an organiser wants to be told what happens: an address, the events that it is for, and the secret that they
/// are signed with.
public struct WebhookEndpoint: Hashable, Sendable {
    public let id: WebhookID
    /// Who of the staff made it, and sees it; administrators see all.
    public let ownerID: UserID
    public var url: WebhookURL
    /// The events that it is told, as `Event.Kind` spells them. Empty is all, also those of later versions. They are kept
    /// as words: a program that does not know one must not take an endpoint that is for it alone for one that is for all.
    public var kinds: [String]
    /// Only events of this concert and its dates. Nil is all, those too that are of no concert.
    public var concertID: ConcertID?
    public var details: String
    public var isEnabled: Bool
    /// Why the program has switched it off. Nil when it is on, or when staff switched it off.
    public var disabledReason: String?
    public var secrets: WebhookSecrets
    /// The first failure since something was delivered; nil while it works.
    public var failingSince: Timestamp?
    public let createdAt: Timestamp

    public init(
        id: WebhookID, ownerID: UserID, url: WebhookURL, kinds: [String], concertID: ConcertID?, details: String,
        isEnabled: Bool, disabledReason: String? = nil, secrets: WebhookSecrets, failingSince: Timestamp? = nil,
        createdAt: Timestamp
    ) {
        self.id = id
        self.ownerID = ownerID
        self.url = url
        self.kinds = kinds
        self.concertID = concertID
        self.details = details
        self.isEnabled = isEnabled
        self.disabledReason = disabledReason
        self.secrets = secrets
        self.failingSince = failingSince
        self.createdAt = createdAt
    }

    /// How many endpoints one of the staff may have.
    public static let countPerOwnerMax = 20
    /// How many there may be in all: every event is compared with each of them.
    public static let countMax = 1_000
    /// How many kinds one may name.
    public static let kindCountMax = 50

    /// Whether it is told an event.
    ///
    /// - Parameter concert: The concert that the event is of; nil when it is of none.
    public func wants(_ event: Event, of concert: ConcertID?) -> Bool {
        guard isEnabled, kinds.isEmpty || kinds.contains(event.kind.rawValue) else { return false }
        return concertID == nil || concertID == concert
    }
}
