public import Domain
public import Ports
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The machine's wall clock, followed calmly.
///
/// It starts at the wall clock's time and goes on with the monotonic clock. Towards the wall clock it slews by at most
/// 500 parts per million, as adjtime(3) does: enough for the drift of any sound clock, and so little that an hour's
/// jump moves the end of a ten-minute hold by a third of a second. A machine that was started with a wrong clock, and
/// then corrected, needs this program started again.
public final class SystemClock: WallClock {
    /// How much faster or slower than the monotonic clock it may go, in parts per million.
    private static let slewMax: Int64 = 500
    /// How often the wall clock is read.
    private static let slewEvery: Int64 = 100_000_000

    private struct Anchor {
        /// What is added to the monotonic clock.
        var offset: Int64
        /// The monotonic clock when `offset` was set.
        var setAt: Int64
    }

    private let wall: @Sendable () -> Int64
    private let monotonic: @Sendable () -> Int64
    private let anchor: Mutex<Anchor>

    public convenience init() {
        #if os(Linux)
            // Goes on while the machine sleeps, like Darwin's monotonic clock and unlike Linux's.
            let monotonic = CLOCK_BOOTTIME
        #else
            let monotonic = CLOCK_MONOTONIC
        #endif
        self.init(wall: { nanoseconds(of: CLOCK_REALTIME) }, monotonic: { nanoseconds(of: monotonic) })
    }

    /// - Parameters:
    ///   - wall: Nanoseconds since 1970 UTC. It may jump.
    ///   - monotonic: Nanoseconds since some moment. It never goes back.
    public init(wall: @escaping @Sendable () -> Int64, monotonic: @escaping @Sendable () -> Int64) {
        self.wall = wall
        self.monotonic = monotonic
        let start = monotonic()
        anchor = Mutex(Anchor(offset: wall() - start, setAt: start))
    }

    public func now() -> Timestamp {
        let nanoseconds = anchor.withLock { anchor in
            let now = monotonic()
            let elapsed = now - anchor.setAt
            if elapsed >= Self.slewEvery {
                let slew = elapsed / 1_000_000 * Self.slewMax
                let behind = wall() - (now + anchor.offset)
                anchor.offset += min(max(behind, -slew), slew)
                anchor.setAt = now
            }
            return now + anchor.offset
        }
        return Timestamp(milliseconds: nanoseconds / 1_000_000)
    }
}

private func nanoseconds(of clock: clockid_t) -> Int64 {
    var time = timespec()
    let result = clock_gettime(clock, &time)
    precondition(result == 0, "clock \(clock) cannot be read")
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
