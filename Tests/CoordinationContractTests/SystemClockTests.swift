import CoordinationInProcess
import Domain
import Ports
import Synchronization
import Testing

@Suite("The system clock")
struct SystemClockTests {
    /// A machine's two clocks, in nanoseconds. The test moves them.
    private final class Machine: Sendable {
        private let clocks = Mutex((wall: 1_800_000_000_000_000_000 as Int64, monotonic: 5_000_000_000 as Int64))

        func clock() -> SystemClock {
            SystemClock(wall: { self.wall }, monotonic: { self.clocks.withLock { $0.monotonic } })
        }

        var wall: Int64 { clocks.withLock { $0.wall } }

        func jump(seconds: Int64) {
            clocks.withLock { $0.wall += seconds * 1_000_000_000 }
        }

        /// - Parameter drift: By how many parts per million the wall clock is faster than the monotonic one.
        func pass(milliseconds: Int64, drift: Int64 = 0) {
            clocks.withLock { clocks in
                clocks.monotonic += milliseconds * 1_000_000
                clocks.wall += milliseconds * 1_000_000 + milliseconds * drift
            }
        }
    }

    @Test("It starts at the wall clock's time and goes on with it")
    func steady() {
        let machine = Machine()
        let clock = machine.clock()
        for _ in 0..<1_000 {
            #expect(clock.now().milliseconds == machine.wall / 1_000_000)
            machine.pass(milliseconds: 37)
        }
    }

    @Test("An hour's jump moves the end of a twenty-minute hold by less than a second", arguments: [3_600, -3_600, 2])
    func jump(seconds: Int64) {
        let machine = Machine()
        let clock = machine.clock()
        let start = clock.now()
        machine.jump(seconds: seconds)
        #expect(clock.now() == start)
        var last = start
        for step in 1...12_000 as ClosedRange<Int64> {
            machine.pass(milliseconds: 100)
            let now = clock.now()
            #expect(now > last)
            #expect(abs(now.milliseconds(since: start) - step * 100) < 1_000)
            last = now
        }
        let moved = last.milliseconds(since: start) - 1_200_000
        #expect(seconds > 0 ? moved > 0 : moved < 0, "it does not follow at all")
    }

    @Test(
        "It follows a drift of 200 parts per million to the millisecond, asked often or seldom",
        arguments: [10, 1_000, 60_000], [200, -200])
    func drift(everyMs: Int64, drift: Int64) {
        let machine = Machine()
        let clock = machine.clock()
        for _ in 0..<(3_600_000 / everyMs) {
            machine.pass(milliseconds: everyMs, drift: drift)
            #expect(abs(clock.now().milliseconds - machine.wall / 1_000_000) <= 1)
        }
    }

    @Test("Without a machine to simulate it is near the machine's own time and does not go back")
    func real() {
        let clock = SystemClock()
        var last = clock.now()
        // After this was written and before it is a hundred years old.
        #expect(last > Timestamp(milliseconds: 1_760_000_000_000) && last < Timestamp(milliseconds: 4_900_000_000_000))
        for _ in 0..<100_000 {
            let now = clock.now()
            #expect(now >= last)
            last = now
        }
    }
}
