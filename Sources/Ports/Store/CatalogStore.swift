public import Domain

/// A seat with its place, as a seat map is loaded.
public struct MappedSeat: Sendable {
    public let seat: Seat
    public let place: SeatPlace

    public init(seat: Seat, place: SeatPlace) {
        self.seat = seat
        self.place = place
    }
}

/// What a seat map is made of, all of it as it was at one moment.
public struct StoredSeatMap: Sendable {
    public var concertStatus: Concert.Status
    public var grades: [Grade]
    /// In the order of the layout.
    public var seats: [MappedSeat]

    public init(concertStatus: Concert.Status, grades: [Grade], seats: [MappedSeat]) {
        self.concertStatus = concertStatus
        self.grades = grades
        self.seats = seats
    }
}

/// A row of the catalogue as it is to be, with what is written beside it.
public struct CatalogChange<Row: Sendable>: Sendable {
    public var row: Row
    public var event: Event
    public var action: StaffAction?
    public var answer: StoredAnswer?

    public init(_ row: Row, event: Event, action: StaffAction?, answer: StoredAnswer? = nil) {
        self.row = row
        self.event = event
        self.action = action
        self.answer = answer
    }
}

/// How many seats a date has, how many nobody has, and how many are gone.
public struct SeatCounts: Hashable, Sendable {
    public var total: Int
    public var available: Int
    /// Paid or blocked. Those that are neither this nor available are held, and may come back.
    public var sold: Int

    public init(total: Int, available: Int, sold: Int) {
        self.total = total
        self.available = available
        self.sold = sold
    }

    /// Nothing is left to sell: no seat is free, and none is held. A date without seats is not sold out.
    public var isSoldOut: Bool { total > 0 && sold == total }
}

/// Why the catalogue did not change.
public enum CatalogRefusal: Error, Hashable, Sendable {
    case notFound
    /// A seat is held or sold, so seats cannot be replaced or the date deleted.
    case hasReservations
}

/// Concerts, dates and seats: low-rate staff changes, each a transaction of its own with its event, what the staff did,
/// and, for a `POST`, its idempotency record. What the program does by itself is no action of staff.
public protocol CatalogStore: Sendable {
    /// By title, artist and venue in both languages; the newest first.
    ///
    /// - Parameters:
    ///   - search: Every word must occur somewhere. Empty finds all.
    ///   - includeDrafts: Staff see drafts too.
    func concerts(search: String, includeDrafts: Bool, before: ConcertID?, limit: Int) async throws(Fault) -> [Concert]
    func concert(_ id: ConcertID) async throws(Fault) -> Concert?
    /// By start.
    func dates(of concert: ConcertID) async throws(Fault) -> [ConcertDate]
    /// Those of several concerts, by start.
    func dates(of concerts: [ConcertID]) async throws(Fault) -> [ConcertDate]
    func date(_ id: DateID) async throws(Fault) -> ConcertDate?
    /// Dates whose sale has not closed before `moment`, by opening, and whether they sell or will: their concert is
    /// published, and they are not cancelled.
    func dates(closingAfter moment: Timestamp, limit: Int) async throws(Fault) -> [(date: ConcertDate, isOnSale: Bool)]

    /// Inserts a concert, with its event.
    func add(_ concert: Concert, event: Event, action: StaffAction?, answer: StoredAnswer?) async throws(Fault)
    /// Inserts a date without grades and seats, with its event.
    func add(_ date: ConcertDate, event: Event, action: StaffAction?, answer: StoredAnswer?) async throws(Fault)
    /// Changes a concert: nobody else changes it between what the closure is shown and what it makes of it. The closure
    /// may be called more than once.
    ///
    /// - Returns: What it was and what was saved. Nil when there is no such concert.
    func change(_ concert: ConcertID, _ change: @Sendable @escaping (Concert) -> CatalogChange<Concert>)
        async throws(Fault) -> (before: Concert, after: Concert)?
    /// Changes a date in the same way, except its grades and seats.
    func change(_ date: DateID, _ change: @Sendable @escaping (ConcertDate) -> CatalogChange<ConcertDate>)
        async throws(Fault) -> (before: ConcertDate, after: ConcertDate)?
    /// Deletes a concert without dates that ever sold. A refusal leaves no action.
    func delete(_ concert: ConcertID, action: StaffAction?) async throws(Fault) -> CatalogRefusal?
    func delete(_ date: DateID, action: StaffAction?) async throws(Fault) -> CatalogRefusal?

    /// Gives a date new grades and seats in the order of the layout; refused once any seat is held or sold.
    func replaceSeats(
        of date: DateID, grades: [Grade], seats: [MappedSeat], layout: [UInt8], event: Event, action: StaffAction?
    ) async throws(Fault) -> CatalogRefusal?
    /// The layout's document as it was sent, for editing it again.
    func layout(of date: DateID) async throws(Fault) -> [UInt8]?
    /// What a date's seat map shows. Nil when there is no such date.
    func seatMap(of date: DateID) async throws(Fault) -> StoredSeatMap?

    /// Takes a block of queue numbers that no process has given out or will, and returns the first. It is how numbers
    /// only grow across restarts: what is left of a block is skipped.
    func claimQueueNumbers(of date: DateID, count: Int64) async throws(Fault) -> Int64

    /// The first answer to a request of this scope, if it is still remembered.
    func answer(_ scope: Digest) async throws(Fault) -> StoredAnswer?
}

/// What the program does by itself, such as making the demo, is nobody's action.
extension CatalogStore {
    public func add(_ concert: Concert, event: Event) async throws(Fault) {
        try await add(concert, event: event, action: nil, answer: nil)
    }

    public func add(_ date: ConcertDate, event: Event) async throws(Fault) {
        try await add(date, event: event, action: nil, answer: nil)
    }

    public func replaceSeats(of date: DateID, grades: [Grade], seats: [MappedSeat], layout: [UInt8], event: Event)
        async throws(Fault) -> CatalogRefusal?
    {
        try await replaceSeats(of: date, grades: grades, seats: seats, layout: layout, event: event, action: nil)
    }
}

/// What staff did, in whatever part of the store: an append-only history.
public protocol StaffActionStore: Sendable {
    /// The newest first. `before` is the last id of the page before.
    func staffActions(before: ID<StaffAction>?, limit: Int) async throws(Fault) -> [StaffAction]
}

/// Draws that must outlive the process whose waiting room made them. One a date: a later one replaces it.
public protocol DrawStore: Sendable {
    func keep(_ draw: DrawResult, of date: DateID) async throws(Fault)
    func keptDraw(of date: DateID) async throws(Fault) -> DrawResult?
}
