internal import Domain
internal import Synchronization

/// Why fans were refused seats of late, for whoever watches the sale.
///
/// It is kept in memory by the process that refused: figures for a person, which are worth no write to the store. Where
/// several processes sell, each knows its own.
final class RefusalBook: Sendable {
    /// As far back as sales a minute are shown.
    static let minutesKept = 120
    private static let datesMax = 200
    private static let minuteMs: Int64 = 60_000

    private struct Page {
        var minutes: [Int64: [Problem.Code: Int]] = [:]
        var lastMinute: Int64 = 0
    }

    private let pages = Mutex<[DateID: Page]>([:])

    func note(_ code: Problem.Code, of date: DateID, at now: Timestamp) {
        let minute = now.milliseconds / Self.minuteMs
        pages.withLock { pages in
            if pages[date] == nil, pages.count >= Self.datesMax {
                // Ids of dates that do not exist come here, too: the one that was quiet for longest goes.
                guard let oldest = pages.min(by: { $0.value.lastMinute < $1.value.lastMinute }) else { return }
                pages[oldest.key] = nil
            }
            var page = pages.removeValue(forKey: date) ?? Page()
            if minute > page.lastMinute {
                page.lastMinute = minute
                page.minutes = page.minutes.filter { $0.key > minute - Int64(Self.minutesKept) }
            }
            page.minutes[minute, default: [:]][code, default: 0] += 1
            pages[date] = page
        }
    }

    /// How often for each reason within the last minutes, the most frequent first.
    func counts(of date: DateID, at now: Timestamp) -> [(code: Problem.Code, count: Int)] {
        let first = now.milliseconds / Self.minuteMs - Int64(Self.minutesKept)
        var sums: [Problem.Code: Int] = [:]
        pages.withLock { pages in
            for (minute, counts) in pages[date]?.minutes ?? [:] where minute > first {
                sums.merge(counts) { $0 + $1 }
            }
        }
        return sums.map { (code: $0.key, count: $0.value) }
            .sorted { $0.count != $1.count ? $0.count > $1.count : $0.code.rawValue < $1.code.rawValue }
    }
}
