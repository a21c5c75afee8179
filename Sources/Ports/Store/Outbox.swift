public import Domain

/// Events that were committed and wait to be delivered.
public protocol Outbox: Sendable {
    /// Undelivered events, the oldest first. Never "newer than the last one": ids do not commit in order.
    func undelivered(limit: Int) async throws(Fault) -> [Event]
    func markDelivered(_ events: [EventID]) async throws(Fault)
    func undeliveredCount() async throws(Fault) -> Int
}

/// What a consumer keeps of a date's sale.
public struct SalesFigures: Hashable, Sendable {
    /// Seats of one grade.
    public struct Grade: Hashable, Sendable {
        /// Index into the grades of the date.
        public var grade: Int
        public var held: Int
        public var sold: Int
        public var revenue: Won

        public init(grade: Int, held: Int = 0, sold: Int = 0, revenue: Won = .zero) {
            self.grade = grade
            self.held = held
            self.sold = sold
            self.revenue = revenue
        }
    }

    /// Tickets sold in one minute.
    public struct Minute: Hashable, Sendable {
        public var startsAt: Timestamp
        public var tickets: Int
        public var revenue: Won

        public init(startsAt: Timestamp, tickets: Int = 0, revenue: Won = .zero) {
            self.startsAt = startsAt
            self.tickets = tickets
            self.revenue = revenue
        }
    }

    public var grades: [Grade]
    public var minutes: [Minute]

    public init(grades: [Grade], minutes: [Minute]) {
        self.grades = grades
        self.minutes = minutes
    }
}

/// By how much a batch of events changes a date's figures.
public struct SalesDelta: Hashable, Sendable {
    public var dateID: DateID
    public var figures: SalesFigures

    public init(dateID: DateID, figures: SalesFigures) {
        self.dateID = dateID
        self.figures = figures
    }
}

/// How long a consumer remembers which events it has seen.
public enum ConsumedEvents {
    /// Seven days: far longer than anything delivers an event again.
    public static let keptSeconds = 7 * 24 * 3600
}

/// The sales projection's own tables.
public protocol SalesFiguresStore: Sendable {
    /// Adds what events change, each event once: those that were seen before are dropped, by id, in the same
    /// transaction.
    ///
    /// - Parameter deltas: Computes the change of the events that are new.
    func add(_ events: [Event], deltas: @Sendable @escaping ([Event]) -> [SalesDelta]) async throws(Fault)
    /// Forgets that events were seen whose ids are older, by the time in the id and the store's own clock. Returns how
    /// many, at most `limit`.
    func forgetConsumed(olderThanSeconds seconds: Int, limit: Int) async throws(Fault) -> Int
    /// - Parameter since: Minutes that start before this are left out.
    func figures(of date: DateID, since: Timestamp) async throws(Fault) -> SalesFigures
}
