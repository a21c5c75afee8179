/// A fan on one date: what the limit of seats per fan counts by.
public struct FanOnDate: Hashable, Comparable, Sendable {
    public let userID: UserID
    public let dateID: DateID

    public init(userID: UserID, dateID: DateID) {
        self.userID = userID
        self.dateID = dateID
    }

    public static func < (left: Self, right: Self) -> Bool {
        left.userID != right.userID ? left.userID < right.userID : left.dateID < right.dateID
    }
}

/// The rows that a batch must read, and lock where several processes share the store, in this order and by id.
public struct RowKeys: Sendable {
    public var dates: Set<DateID> = []
    public var wallets: Set<UserID> = []
    /// The claims of a fan on a date. Whoever locks rows locks the fan on the date, since a claim may be absent.
    public var claims: Set<FanOnDate> = []
    /// With the seats of each, the sale of its date, and of one that is `CONFIRMED` its open payment.
    public var reservations: Set<ReservationID> = []
    public var seats: Set<SeatID> = []
    /// With the reservation of each, as above, and all its tickets.
    public var payments: Set<PaymentID> = []
    /// Payments by what the gateway calls them, to see that no key is used twice. They are not locked.
    public var gatewayKeys: Set<String> = []
    public var refunds: Set<RefundID> = []
    public var tickets: Set<TicketID> = []
    /// Idempotency records, by scope.
    public var answers: Set<Digest> = []

    public init() {}
}

/// The rows a batch has read, as its commands see and change them: each command sees what the ones before it did.
///
/// Rows that change are remembered, each once and in the order of their first change, for the store to save.
public struct Rows: Sendable {
    public private(set) var sales: [DateID: Sale] = [:]
    public private(set) var claims: [FanOnDate: [Claim]] = [:]
    public private(set) var wallets = Table<UserID, Wallet>()
    public private(set) var reservations = Table<ReservationID, Reservation>()
    public private(set) var seats = Table<SeatID, Seat>()
    public private(set) var payments = Table<PaymentID, Payment>()
    public private(set) var refunds = Table<RefundID, Refund>()
    public private(set) var tickets = Table<TicketID, Ticket>()
    public private(set) var answers = Table<Digest, StoredAnswer>()
    public private(set) var transfers: [Transfer] = []
    public private(set) var events: [Event] = []
    public private(set) var staffActions: [StaffAction] = []
    /// Reservations in the store whose seats have new fences.
    public private(set) var retaken: Set<ReservationID> = []
    /// The tickets of each reservation that was read.
    private var ticketsOfReservation: [ReservationID: [TicketID]] = [:]
    /// Card payments that were read or made, by their reservation.
    private var cardPayments: [ReservationID: Set<PaymentID>] = [:]
    private var keyOwners: [String: PaymentID] = [:]

    public init() {}

    // MARK: What the store read

    public mutating func read(_ sale: Sale) { sales[sale.dateID] = sale }
    public mutating func read(_ read: [Claim], of fan: FanOnDate) { claims[fan] = read }
    public mutating func read(_ wallet: Wallet) { wallets.read(wallet, at: wallet.userID) }
    public mutating func read(_ reservation: Reservation) { reservations.read(reservation, at: reservation.id) }
    public mutating func read(_ seat: Seat) { seats.read(seat, at: seat.id) }
    public mutating func read(_ payment: Payment) {
        payments.read(payment, at: payment.id)
        index(payment)
    }
    public mutating func read(_ refund: Refund) { refunds.read(refund, at: refund.id) }
    /// A payment that is not locked: only its key is known.
    public mutating func read(owner: PaymentID, ofKey key: String) { keyOwners[key] = owner }
    public mutating func read(_ answer: StoredAnswer) { answers.read(answer, at: answer.scope) }
    public mutating func read(_ ticket: Ticket) {
        guard tickets[ticket.id] == nil else { return }
        tickets.read(ticket, at: ticket.id)
        ticketsOfReservation[ticket.reservationID, default: []].append(ticket.id)
    }

    // MARK: What a command sees

    public func tickets(of reservation: ReservationID) -> [Ticket] {
        (ticketsOfReservation[reservation] ?? []).compactMap { tickets[$0] }
    }

    /// The card payment of a reservation that waits for the gateway's word. There is one at the most.
    public func openPayment(of reservation: ReservationID) -> Payment? {
        (cardPayments[reservation] ?? []).lazy.compactMap { payments[$0] }.first { $0.status.isOpen }
    }

    /// Whose key this is.
    public func owner(ofKey key: String) -> PaymentID? { keyOwners[key] }

    /// The tickets that a payment is good for.
    func validTickets(of payment: Payment) -> [Ticket] {
        guard payment.status == .captured || payment.status == .partiallyRefunded else { return [] }
        return payment.reservationID.map { tickets(of: $0).filter { $0.status != .void } } ?? []
    }

    // MARK: What a command changes

    public mutating func apply(_ decision: Decision) {
        for reservation in decision.reservations {
            reservations.change(reservation, at: reservation.id)
            updateClaim(of: reservation)
        }
        for seat in decision.seats { seats.change(seat, at: seat.id) }
        for wallet in decision.wallets { wallets.change(wallet, at: wallet.userID) }
        for payment in decision.payments {
            if let key = payments[payment.id]?.gatewayKey, keyOwners[key] == payment.id { keyOwners[key] = nil }
            payments.change(payment, at: payment.id)
            index(payment)
        }
        for refund in decision.refunds { refunds.change(refund, at: refund.id) }
        for ticket in decision.tickets {
            if tickets[ticket.id] == nil { ticketsOfReservation[ticket.reservationID, default: []].append(ticket.id) }
            tickets.change(ticket, at: ticket.id)
        }
        transfers += decision.transfers
        events += decision.events
        staffActions += decision.staffActions
        retaken.formUnion(decision.retaken)
    }

    /// Saves the first answer to a request. The store replaces a record of the same scope that is too old to count;
    /// one that counts is a conflict.
    public mutating func remember(_ answer: StoredAnswer) {
        answers.change(answer, at: answer.scope)
    }

    private mutating func index(_ payment: Payment) {
        guard payment.card > .zero else { return }
        if let key = payment.gatewayKey { keyOwners[key] = payment.id }
        if let reservation = payment.reservationID { cardPayments[reservation, default: []].insert(payment.id) }
    }

    private mutating func updateClaim(of reservation: Reservation) {
        let fan = FanOnDate(userID: reservation.userID, dateID: reservation.dateID)
        guard var list = claims.removeValue(forKey: fan) else { return }
        if let index = list.firstIndex(where: { $0.reservationID == reservation.id }) {
            list[index] = reservation.claim
        } else {
            list.append(reservation.claim)
        }
        claims[fan] = list
    }
}

/// Rows by their key, with those that changed since they were read.
///
/// Rows lie in an array and the dictionary has their places: a batch looks rows up far more often than it makes them,
/// and hashing is most of what a look-up costs.
public struct Table<Key: Hashable & Sendable, Row: Sendable>: Sendable {
    private var places: [Key: Int] = [:]
    private var rows: [(row: Row, isChanged: Bool)] = []
    private var changedPlaces: [Int] = []

    public subscript(key: Key) -> Row? { places[key].map { rows[$0].row } }

    /// In the order of their first change.
    public var changed: [Row] { changedPlaces.map { rows[$0].row } }

    mutating func read(_ row: Row, at key: Key) {
        put((row, false), at: key)
    }

    mutating func change(_ row: Row, at key: Key) {
        let place = put((row, true), at: key)
        if let place { changedPlaces.append(place) }
    }

    /// - Returns: The place of the row, if it was not a changed one before.
    @discardableResult
    private mutating func put(_ entry: (row: Row, isChanged: Bool), at key: Key) -> Int? {
        guard let place = places[key] else {
            places[key] = rows.count
            rows.append(entry)
            return rows.count - 1
        }
        let wasChanged = rows[place].isChanged
        rows[place] = entry
        return wasChanged ? nil : place
    }
}

/// The first answer to a request with an idempotency key, given again byte for byte to every copy of it.
public struct StoredAnswer: Hashable, Sendable {
    /// How long an answer is given again. A record older than this is as good as none, and may be replaced.
    public static let keptSeconds = 24 * 3600

    /// SHA-256 of user, route and key.
    public let scope: Digest
    /// SHA-256 of the request's body: the same key with another body is refused.
    public let requestHash: Digest
    /// The HTTP status of the answer.
    public let status: Int
    public let body: [UInt8]
    public let createdAt: Timestamp

    public init(scope: Digest, requestHash: Digest, status: Int, body: [UInt8], createdAt: Timestamp) {
        self.scope = scope
        self.requestHash = requestHash
        self.status = status
        self.body = body
        self.createdAt = createdAt
    }
}
