public import Domain
public import Ports
import Synchronization

/// Remembers for a while who is after which seat, in the memory of this process.
///
/// Seats are spread over stripes with a lock each, so that fans after different seats seldom wait for each other. It
/// holds at most an entry a seat; entries whose time is over are open, and are dropped as stripes grow.
public final class InProcessSeatGate: SeatGate {
    private let stripes: [Stripe]

    public init() {
        stripes = (0..<Self.stripeCount).map { _ in Stripe() }
    }

    /// A seat's id is its own over all dates, so the date does not matter here.
    public func close(
        _ seats: [SeatID], on _: DateID, for fan: UserID, until: Timestamp, now: Timestamp
    ) -> [SeatID] {
        let closing = Closing(seats: seats, fan: fan, until: until, now: now)
        let wanted = seats.reduce(into: 0 as UInt32) { $0 |= 1 << UInt32(Self.stripe(of: $1)) }
        var taken: [SeatID] = []
        close(closing, from: 0, of: wanted, taken: &taken)
        return taken
    }

    public func open(_ seats: [SeatID], on _: DateID, for fan: UserID) {
        for seat in seats {
            stripes[Self.stripe(of: seat)].entries.withLock { entries in
                if entries.bySeat[seat]?.fan == fan { entries.bySeat[seat] = nil }
            }
        }
    }

    // MARK: - Stripes

    private static let stripeCount = 16

    private static func stripe(of seat: SeatID) -> Int {
        Int(truncatingIfNeeded: (seat.low ^ seat.low >> 32) & UInt64(stripeCount - 1))
    }

    /// One fan's wish.
    private struct Closing {
        let seats: [SeatID]
        let fan: UserID
        let until: Timestamp
        let now: Timestamp
    }

    private struct Entries {
        var bySeat: [SeatID: (fan: UserID, until: Timestamp)] = [:]
        /// At how many entries those whose time is over are dropped.
        var dropAt = 1024

        mutating func dropExpired(at now: Timestamp) {
            guard bySeat.count >= dropAt else { return }
            bySeat = bySeat.filter { $0.value.until > now }
            dropAt = max(1024, bySeat.count * 2)
        }
    }

    private final class Stripe: Sendable {
        let entries = Mutex(Entries())
    }

    /// Goes through the wanted stripes in the order of their index, so that two fans never wait for each other in a
    /// circle. On the way in it locks and looks, and on the way out, when it has seen them all, it closes: all or none.
    private func close(_ closing: Closing, from first: Int, of wanted: UInt32, taken: inout [SeatID]) {
        guard let index = (first..<Self.stripeCount).first(where: { wanted & 1 << UInt32($0) != 0 }) else { return }
        var met = taken
        stripes[index].entries.withLock { entries in
            let here = closing.seats.filter { Self.stripe(of: $0) == index }
            for seat in here {
                if let entry = entries.bySeat[seat], entry.fan != closing.fan, entry.until > closing.now {
                    met.append(seat)
                }
            }
            close(closing, from: index + 1, of: wanted, taken: &met)
            guard met.isEmpty else { return }
            for seat in here { entries.bySeat[seat] = (closing.fan, closing.until) }
            entries.dropExpired(at: closing.now)
        }
        taken = met
    }
}
