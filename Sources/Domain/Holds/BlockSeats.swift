/// Keeps seats back from the sale, or gives them to it again: all of them or none.
public struct BlockSeats: Sendable {
    public let dateID: DateID
    /// 1 or more, none twice.
    public let seatIDs: [SeatID]
    /// True keeps them back, false gives them to the sale.
    public let isBlocked: Bool
    public let staffID: UserID
    public let reason: String?

    public init(dateID: DateID, seatIDs: [SeatID], isBlocked: Bool, by staffID: UserID, reason: String?) {
        self.dateID = dateID
        self.seatIDs = seatIDs
        self.isBlocked = isBlocked
        self.staffID = staffID
        self.reason = reason
    }

    /// Decides it, before the sale, while it runs and afterwards.
    ///
    /// A seat that is as it should be does not change, so that two of the staff who want the same agree. Only free seats
    /// can be kept back: what a fan holds or has paid stays theirs.
    ///
    /// - Returns: The seats that changed. Without one there is no event, and nothing in the history.
    func decide(on rows: Rows, ids: inout IDSource, now: Timestamp) throws(Refusal) -> Decision {
        guard let sale = rows.sales[dateID] else { throw .notFound }
        let seats = try rows.seats(seatIDs, of: dateID)
        if isBlocked {
            let taken = seats.filter { $0.state != .blocked && !$0.isFree(at: now) }
            guard taken.isEmpty else { throw .seatTaken(taken.map(\.id)) }
        }
        let changed = seats.filter { ($0.state == .blocked) != isBlocked }.sorted { $0.id < $1.id }
        var decision = Decision(.seatsBlocked(count: changed.count))
        guard !changed.isEmpty else { return decision }
        decision.seats = changed.map { isBlocked ? $0.blocked() : $0.unblocked() }
        decision.events = [
            Event(
                id: ids.next(at: now), kind: isBlocked ? .seatsBlocked : .seatsUnblocked, subjectID: ID(dateID),
                version: 1, dateID: dateID, userID: staffID, amount: .zero,
                seats: changed.map { Event.Seat(id: $0.id, grade: $0.grade, price: sale.grades[$0.grade].price) },
                at: now)
        ]
        decision.staffActions = [
            StaffAction(
                id: ids.next(at: now), kind: isBlocked ? .seatsBlocked : .seatsUnblocked, subjectID: ID(dateID),
                staffID: staffID, reason: reason, detail: Self.names(of: changed), at: now)
        ]
        return decision
    }

    /// How many seats the history names one by one.
    private static let namedMax = 20

    private static func names(of seats: [Seat]) -> String {
        let names = seats.prefix(namedMax).map { "\($0.label.section) \($0.label.row)-\($0.label.number)" }
        let more = seats.count > namedMax ? " …" : ""
        return "\(seats.count) seats: " + names.joined(separator: ", ") + more
    }
}
