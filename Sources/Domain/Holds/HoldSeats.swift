/// Holds seats for a fan until a deadline: all of them or none.
public struct HoldSeats: Sendable {
    public enum Choice: Sendable {
        /// These seats: 1 or more, none twice.
        case seats([SeatID])
        /// The first of these runs that is free as a whole. Each is a run of `count` adjacent seats of the grade asked
        /// for, the best first, proposed from the seat map; the claim itself decides.
        case bestAvailable(count: Int, candidates: [[SeatID]])
    }

    public let userID: UserID
    public let dateID: DateID
    public let choice: Choice
    /// How long the hold lasts: 1 second or more.
    public let holdSeconds: Int

    public init(userID: UserID, dateID: DateID, choice: Choice, holdSeconds: Int) {
        self.userID = userID
        self.dateID = dateID
        self.choice = choice
        self.holdSeconds = holdSeconds
    }

    /// Decides one hold.
    ///
    /// A seat is free when nobody owns it or its owner's deadline has passed. The deadline is exclusive: a hold ending
    /// at 12:00:00.000 does not protect its seat at 12:00:00.000.
    ///
    /// - Returns: The new reservation, and its seats with a fence one higher than before.
    func decide(on rows: Rows, ids: inout IDSource, now: Timestamp) throws(Refusal) -> Decision {
        guard let sale = rows.sales[dateID] else { throw .notFound }
        let claimed: [Seat]
        switch choice {
        case .seats(let wanted):
            let seats = try rows.seats(wanted, of: dateID)
            try allow(seats.count, in: sale, rows: rows, now: now)
            let taken = seats.filter { !$0.isFree(at: now) }
            guard taken.isEmpty else { throw .seatTaken(taken.map(\.id)) }
            claimed = seats
        case .bestAvailable(let count, let candidates):
            try allow(count, in: sale, rows: rows, now: now)
            let runs = candidates.lazy.map { run in run.compactMap { rows.seats[$0] } }
            guard let run = runs.first(where: { $0.count == count && $0.allSatisfy { $0.isFree(at: now) } }) else {
                throw .noSeatsLeft
            }
            claimed = run
        }

        let reservationID: ReservationID = ids.next(at: now)
        let until = now.adding(seconds: holdSeconds)
        var reserved: [ReservedSeat] = []
        reserved.reserveCapacity(claimed.count)
        var amount = Won.zero
        var decision = Decision(.unchanged)
        for seat in claimed.sorted(by: { $0.id < $1.id }) {
            let owned = seat.claimed(by: reservationID, until: until)
            let grade = sale.grades[seat.grade]
            amount += grade.price
            decision.seats.append(owned)
            reserved.append(
                ReservedSeat(
                    id: seat.id, label: seat.label, grade: grade.name, gradeIndex: seat.grade, price: grade.price,
                    fence: owned.fence))
        }
        let reservation = Reservation(
            id: reservationID, dateID: dateID, userID: userID, status: .pending, seats: reserved,
            seatCount: reserved.count, amount: amount, expiresAt: until, createdAt: now, version: 1)
        decision.reservations = [reservation]
        decision.events = [reservation.event(.reservationHeld, of: reserved, amount: amount, ids: &ids, at: now)]
        decision.outcome = .held(reservation)
        return decision
    }

    private func allow(_ count: Int, in sale: Sale, rows: Rows, now: Timestamp) throws(Refusal) {
        guard sale.isOpen(at: now) else { throw .saleClosed }
        let claims = rows.claims[FanOnDate(userID: userID, dateID: dateID)] ?? []
        let held = claims.reduce(0) { $0 + $1.seats(at: now) }
        guard held + count <= sale.seatsPerFanMax else { throw .tooManySeats(max: sale.seatsPerFanMax) }
    }
}

extension Rows {
    /// The rows of these seats, in their order.
    func seats(_ wanted: [SeatID], of dateID: DateID) throws(Refusal) -> [Seat] {
        var found: [Seat] = []
        var unknown: [SeatID] = []
        for id in wanted {
            if let seat = seats[id], seat.dateID == dateID {
                found.append(seat)
            } else {
                unknown.append(id)
            }
        }
        guard unknown.isEmpty else { throw .unknownSeats(unknown) }
        return found
    }
}
