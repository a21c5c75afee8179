public import Domain
public import Ports

/// Keeps each date's figures: seats held and sold by grade, revenue, sales a minute.
public final class SalesProjection: EventConsumer {
    public let name = "sales"
    private let store: any SalesFiguresStore

    public init(store: any SalesFiguresStore) {
        self.store = store
    }

    public func consume(_ events: [Event]) async throws(Fault) {
        try await store.add(events, deltas: Self.deltas(of:))
    }

    /// By how much the events change the figures, one delta a date.
    ///
    /// Counts may be negative: a delta is what is added. A minute counts what was sold in it and is not lowered by
    /// later refunds, so that the curve of an on-sale stays as it was. Events without a date or without seats, and
    /// those that move no seat, change nothing.
    ///
    /// - Parameter events: Each once; telling those apart that come again is the store's part.
    /// - Returns: Dates by id, grades by index, minutes by time.
    public static func deltas(of events: [Event]) -> [SalesDelta] {
        var dates: [DateID: DateDelta] = [:]
        for event in events {
            guard let dateID = event.dateID else { continue }
            guard let change = SeatMovement(event.kind) else { continue }
            dates[dateID, default: DateDelta()].add(event, as: change)
        }
        return dates.sorted { $0.key < $1.key }.map { SalesDelta(dateID: $0.key, figures: $0.value.figures) }
    }
}

/// By how much one seat of an event changes the counts of its grade.
private struct SeatMovement {
    let held: Int
    let sold: Int

    /// Nil for an event that moves no seat.
    init?(_ kind: Event.Kind) {
        switch kind {
        case .reservationHeld, .reservationRetaken: (held, sold) = (1, 0)
        case .reservationPaid: (held, sold) = (-1, 1)
        case .reservationCancelled, .reservationExpired: (held, sold) = (-1, 0)
        case .reservationPartlyRefunded, .reservationRefunded: (held, sold) = (0, -1)
        case .reservationConfirmed, .reservationReopened, .paymentReturned, .refundFailed, .ledgerDiffers,
            .pointsCharged, .ticketUsed, .concertChanged, .dateChanged, .layoutReplaced,
            .seatsBlocked, .seatsUnblocked:
            return nil
        }
    }
}

/// The change of one date, as it adds up.
private struct DateDelta {
    private var grades: [Int: SalesFigures.Grade] = [:]
    private var minutes: [Timestamp: SalesFigures.Minute] = [:]

    mutating func add(_ event: Event, as change: SeatMovement) {
        for seat in event.seats {
            var grade = grades[seat.grade] ?? SalesFigures.Grade(grade: seat.grade)
            grade.held += change.held
            grade.sold += change.sold
            grade.revenue += Won(seat.price.amount * Int64(change.sold))
            grades[seat.grade] = grade
        }
        guard change.sold > 0, !event.seats.isEmpty else { return }
        let start = event.at.startOfMinute
        var minute = minutes[start] ?? SalesFigures.Minute(startsAt: start)
        minute.tickets += event.seats.count
        minute.revenue += event.seats.reduce(.zero) { $0 + $1.price }
        minutes[start] = minute
    }

    var figures: SalesFigures {
        SalesFigures(
            grades: grades.values.sorted { $0.grade < $1.grade },
            minutes: minutes.values.sorted { $0.startsAt < $1.startsAt })
    }
}

extension Timestamp {
    /// The beginning of the minute that this moment is in; also before 1970, where remainders are negative.
    fileprivate var startOfMinute: Timestamp {
        let remainder = milliseconds % 60_000
        return Timestamp(milliseconds: milliseconds - (remainder >= 0 ? remainder : remainder + 60_000))
    }
}
