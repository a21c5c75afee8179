internal import Domain

/// When a concert is and what it costs, over all of its dates: enough for a list of concerts.
struct ConcertSchedule: Hashable, Sendable {
    let dateCount: Int
    let firstStartsAt: Timestamp
    let lastStartsAt: Timestamp
    /// When the first of the sales opens, and the last closes.
    let saleOpensAt: Timestamp
    let saleClosesAt: Timestamp
    /// Nil while no date has grades.
    let prices: ClosedRange<Won>?

    /// Nil without dates. Cancelled ones count for nothing while there are others.
    init?(of all: some Collection<ConcertDate>) {
        let held = all.filter { !$0.isCancelled }
        let dates = held.isEmpty ? Array(all) : held
        guard let first = dates.map(\.startsAt).min(), let last = dates.map(\.startsAt).max(),
            let opens = dates.map(\.saleOpensAt).min(), let closes = dates.map(\.saleClosesAt).max()
        else { return nil }
        dateCount = dates.count
        firstStartsAt = first
        lastStartsAt = last
        saleOpensAt = opens
        saleClosesAt = closes
        let amounts = dates.flatMap(\.grades).map(\.price)
        prices = amounts.min().flatMap { least in amounts.max().map { least...$0 } }
    }
}

extension JSONWriter {
    mutating func schedule(_ schedule: ConcertSchedule?) {
        key("schedule")
        guard let schedule else { return null() }
        object { json in
            json.field("dateCount", schedule.dateCount)
            json.field("firstStartsAt", schedule.firstStartsAt)
            json.field("lastStartsAt", schedule.lastStartsAt)
            json.field("saleOpensAt", schedule.saleOpensAt)
            json.field("saleClosesAt", schedule.saleClosesAt)
            json.field("priceMin", optional: (schedule.prices?.lowerBound.amount).map { Int($0) })
            json.field("priceMax", optional: (schedule.prices?.upperBound.amount).map { Int($0) })
        }
    }
}
