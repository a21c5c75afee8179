internal import Domain
internal import Ports
internal import Synchronization

/// The `Date` header: written anew once a second, since writing it costs more than many answers.
final class ServerDate: Sendable {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private struct State {
        var second: Int64 = -1
        var text = ""
    }

    private let clock: any WallClock
    private let state = Mutex(State())

    init(clock: any WallClock) {
        self.clock = clock
    }

    /// As RFC 9110 wants it: `Sun, 06 Nov 1994 08:49:37 GMT`.
    func text() -> String {
        let now = clock.now()
        let second = now.milliseconds / 1000
        return state.withLock { state in
            if state.second != second {
                state.second = second
                state.text = Self.written(now)
            }
            return state.text
        }
    }

    private static func written(_ moment: Timestamp) -> String {
        // 1994-11-06T08:49:37.000Z
        let parts = moment.description.split { "-T.".contains($0) }
        // The first day of 1970 was a Thursday.
        let day = days[Int(moment.milliseconds / 86_400_000 % 7)]
        let month = Int(parts[1]).map { months[$0 - 1] } ?? ""
        return "\(day), \(parts[2]) \(month) \(parts[0]) \(parts[3]) GMT"
    }
}
