public import Domain

/// Which reservations staff look for. What is nil does not matter.
public struct ReservationFilter: Hashable, Sendable {
    public var userID: UserID?
    public var dateID: DateID?
    /// As a fan sees it: a hold whose deadline has passed is `EXPIRED`, swept or not.
    public var status: Reservation.Status?
    public let now: Timestamp

    public init(userID: UserID? = nil, dateID: DateID? = nil, status: Reservation.Status? = nil, now: Timestamp) {
        self.userID = userID
        self.dateID = dateID
        self.status = status
        self.now = now
    }

    public func matches(_ reservation: Reservation) -> Bool {
        let isOverdue = reservation.status == .pending && reservation.expiresAt <= now
        let shown = isOverdue ? .expired : reservation.status
        return (userID.map { $0 == reservation.userID } ?? true) && (dateID.map { $0 == reservation.dateID } ?? true)
            && (status.map { $0 == shown } ?? true)
    }
}

/// Reservations that were found, the newest first.
public struct ReservationPage: Sendable {
    public var reservations: [Reservation]
    /// Where to go on; nil at the end. There may be one behind a page that is not full, even an empty one: a store looks
    /// through so many rows at a time, and no index is kept for what only staff look for.
    public var next: ReservationID?

    public init(reservations: [Reservation], next: ReservationID?) {
        self.reservations = reservations
        self.next = next
    }

    /// How many rows a store looks through for one page.
    public static let rowsLookedAtMax = 20_000
}
