internal import Domain

/// Days and hours as people read them in Seoul, which has been nine hours ahead of UTC for decades, summer and winter.
struct SeoulTime {
    private static let offsetMs: Int64 = 9 * 3_600_000
    private static let weekdays = ["목", "금", "토", "일", "월", "화", "수"]
    private static let weekdaysInEnglish = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    let year, month, day, hour, minute, second: Int
    /// Counted from Thursday, on which 1970 began.
    private let weekday: Int

    init(_ moment: Timestamp) {
        let local = moment.adding(milliseconds: Self.offsetMs)
        // Its own text has every field at a fixed place.
        let digits = Array(local.description.utf8)
        func number(_ range: Range<Int>) -> Int { digits[range].reduce(0) { $0 * 10 + Int($1 & 15) } }
        (year, month, day) = (number(0..<4), number(5..<7), number(8..<10))
        (hour, minute, second) = (number(11..<13), number(14..<16), number(17..<19))
        let dayMs: Int64 = 86_400_000
        let remainder = (local.milliseconds / dayMs - (local.milliseconds % dayMs < 0 ? 1 : 0)) % 7
        weekday = Int(remainder < 0 ? remainder + 7 : remainder)
    }

    /// `2026년 11월 25일(수) 19:00` or `Wed 25 Nov 2026, 19:00 (Seoul)`.
    func text(in language: Language) -> String {
        let time = "\(padded(hour)):\(padded(minute))"
        return switch language {
        case .ko: "\(year)년 \(month)월 \(day)일(\(Self.weekdays[weekday])) \(time)"
        case .en: "\(weekdayInEnglish) \(day) \(Self.months[month - 1]) \(year), \(time) (Seoul)"
        }
    }

    /// `Wed, 25 Nov 2026 19:00:00 +0900`, as mail headers have it.
    var headerText: String {
        "\(weekdayInEnglish), \(day) \(Self.months[month - 1]) \(year) \(padded(hour)):\(padded(minute)):\(padded(second)) +0900"
    }

    private var weekdayInEnglish: String { Self.weekdaysInEnglish[weekday] }

    private func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

extension Timestamp {
    /// `20261125T100000Z`, to the second.
    var calendarText: String {
        String(description.prefix(19).filter { $0 != "-" && $0 != ":" }) + "Z"
    }
}

extension Won {
    /// `₩132,000`.
    var priceText: String {
        var groups: [String] = []
        var rest = abs(amount)
        while rest >= 1000 {
            let group = String(rest % 1000)
            groups.insert(String(repeating: "0", count: 3 - group.count) + group, at: 0)
            rest /= 1000
        }
        return (amount < 0 ? "-" : "") + "₩" + ([String(rest)] + groups).joined(separator: ",")
    }
}
