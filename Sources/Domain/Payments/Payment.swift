/// One attempt to pay a reservation, or to charge points with a card.
public struct Payment: Hashable, Sendable {
    public enum Method: String, CaseIterable, Sendable {
        case points = "POINTS"
        case card = "CARD"
        case mixed = "MIXED"
    }

    public enum Status: String, CaseIterable, Sendable {
        /// The fan was sent to the gateway's page. No card has paid.
        case requested = "REQUESTED"
        case captured = "CAPTURED"
        case declined = "DECLINED"
        /// Nobody knows yet: the gateway is being asked, timed out or failed. Never treated as a failure.
        case unknown = "UNKNOWN"
        case partiallyRefunded = "PARTIALLY_REFUNDED"
        case refunded = "REFUNDED"

        /// The gateway's word is still to come. Points that pay a part are set aside until then.
        public var isOpen: Bool { self == .requested || self == .unknown }

        /// The money came, whether or not some or all of it went back.
        public var isCaptured: Bool {
            switch self {
            case .captured, .partiallyRefunded, .refunded: true
            case .requested, .declined, .unknown: false
            }
        }
    }

    public let id: PaymentID
    /// Nil for a charge of points.
    public let reservationID: ReservationID?
    public let userID: UserID
    public let method: Method
    public var status: Status
    /// All that is paid, with points and card.
    public let amount: Won
    /// The part of `amount` that the fan's points pay.
    public let points: Won
    /// What was given back of `amount`.
    public var refunded: Won
    /// What the gateway calls it; no two payments have the same. Nil until the fan comes back with it.
    public var gatewayKey: String?
    /// Until then somebody is asking the gateway, so that nobody else has to. Only for `UNKNOWN`.
    public var tryAt: Timestamp?
    /// Who asks until `tryAt`. Nil when nobody does, and `tryAt` is only when somebody will.
    public var claim: ClaimID?
    /// Since when nobody knows. Only for `UNKNOWN`.
    public var unknownSince: Timestamp?
    /// How often the gateway was asked to capture it and nobody knew.
    public var tryCount: Int
    /// Why the card did not pay, in the gateway's word or one of ``DeclineCode``.
    public var declineCode: String?
    public let createdAt: Timestamp

    public init(
        id: PaymentID, reservationID: ReservationID?, userID: UserID, method: Method, status: Status, amount: Won,
        points: Won, refunded: Won = .zero, gatewayKey: String? = nil, tryAt: Timestamp? = nil,
        claim: ClaimID? = nil, unknownSince: Timestamp? = nil, tryCount: Int = 0, declineCode: String? = nil,
        createdAt: Timestamp
    ) {
        precondition(points >= .zero && points <= amount, "points that pay more than all")
        self.id = id
        self.reservationID = reservationID
        self.userID = userID
        self.method = method
        self.status = status
        self.amount = amount
        self.points = points
        self.refunded = refunded
        self.gatewayKey = gatewayKey
        self.tryAt = tryAt
        self.claim = claim
        self.unknownSince = unknownSince
        self.tryCount = tryCount
        self.declineCode = declineCode
        self.createdAt = createdAt
    }
}

/// One asking of the gateway about a payment, by which whoever asks knows their own again.
public typealias ClaimID = ID<PaymentClaim>
public enum PaymentClaim {}

extension Payment {
    /// Whether somebody asks the gateway about it at this moment.
    public func isClaimed(at now: Timestamp) -> Bool {
        guard let tryAt, claim != nil else { return false }
        return tryAt > now
    }

    /// Nobody asks any more. It is asked about again at `next`, or never when it is known.
    mutating func endClaim(until next: Timestamp?) {
        tryAt = next
        claim = nil
        if next == nil { unknownSince = nil }
    }

    /// The part of `amount` that the card pays.
    public var card: Won { amount - points }

    /// The part of `refunded` that went back to the card, and of what is still to be given back likewise: in proportion
    /// to what each paid, rounded down for the card. It follows from the sum alone, so that ticket by ticket no won is
    /// lost, and a whole refund gives each exactly what it paid.
    public var cardRefunded: Won { cardPart(of: refunded) }

    func cardPart(of refunded: Won) -> Won {
        guard amount > .zero else { return .zero }
        let product = refunded.amount.multipliedFullWidth(by: card.amount)
        return Won(amount.amount.dividingFullWidth(product).quotient)
    }
}

/// Why Jari itself ended a payment, beside the gateway's own codes.
public enum DeclineCode {
    /// The fan chose another way to pay, or gave the seats back.
    public static let withdrawn = "WITHDRAWN"
    /// The hold ended before the fan came back from the gateway's page.
    public static let expired = "EXPIRED"
    /// The gateway was asked more than once, did not answer, and has not captured it.
    public static let noAnswer = "NO_ANSWER"
    /// The gateway gave the money back by itself, or somebody did there, before we knew that it had come.
    public static let givenBack = "CANCELED"
    /// The money came when it could buy nothing any more, and goes back. The only one of a payment that is `REFUNDED`.
    public static let returned = "RETURNED"
    /// The date was cancelled, or its concert taken down, before the card had paid.
    public static let saleOver = "SALE_OVER"
    /// Staff let it go, for the gateway's word and ours do not come together.
    public static let letGo = "LET_GO"
}
