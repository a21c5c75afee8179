/// What deciding a sale needs to know of a date: its window, its prices, and how many seats a fan may have.
public struct Sale: Hashable, Sendable {
    public let dateID: DateID
    public let opensAt: Timestamp
    public let closesAt: Timestamp
    /// The date is cancelled, or its concert is not published.
    public var isCancelled: Bool
    public let grades: [Grade]
    public let seatsPerFanMax: Int

    public init(
        dateID: DateID, opensAt: Timestamp, closesAt: Timestamp, isCancelled: Bool, grades: [Grade],
        seatsPerFanMax: Int
    ) {
        self.dateID = dateID
        self.opensAt = opensAt
        self.closesAt = closesAt
        self.isCancelled = isCancelled
        self.grades = grades
        self.seatsPerFanMax = seatsPerFanMax
    }

    /// Open from `opensAt` on and before `closesAt`.
    public func isOpen(at now: Timestamp) -> Bool {
        !isCancelled && opensAt <= now && now < closesAt
    }
}
