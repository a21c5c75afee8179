#if os(Linux)
    import Domain
    import Glibc
    import Ports
    import Testing

    /// Reads the memory of this process from where Linux tells it, so it runs there only.
    @Suite("A waiting room of a million")
    struct WaitingRoomCapacityTests {
        private static let fanCount: UInt64 = 1_000_000

        @Test(
            "A million fans who wait in one room take less than 200 MB", arguments: [WaitingRoomDriver.inProcess.name])
        func million(name: String) async throws {
            // In a process of its own: what other tests allocate at the same time must not count.
            await #expect(processExitsWith: .success) { [name] in
                let driver = try #require(WaitingRoomDriver.all.first { $0.name == name })
                try await WaitingRoomCapacityTests().measure(driver)
            }
        }

        private func measure(_ driver: WaitingRoomDriver) async throws {
            let world = try await RoomWorld(driver, activeMax: 10_000, admitPerSecond: 1_000, opensInSeconds: 60)
            let before = try #require(residentBytes())
            let joinNs = try await time { fan in try await world.join(fan).status == .waiting }
            var opened = world
            opened.pass(seconds: 60)
            let draw = try await time { [opened] in try await opened.figures().waiting == 1_000_000 }
            let pollNs = try await time { [opened] fan in try await opened.poll(fan)?.ahead != nil }
            let grown = try #require(residentBytes()) - before
            #expect(grown < 200_000_000)
            let admit = try await time { [opened] in try await opened.admit() == 1_000 }
            let lateJoinNs = try await time { [opened] fan in
                try await opened.join(UserID(high: fan.high, low: ~fan.low)).number > 1_000_000
            }
            print(
                """
                a million in one room (\(driver.name)): \(grown / 1_000_000) MB, join before opening \(joinNs) ns, \
                draw \(draw), poll \(pollNs) ns, admit 1,000 in \(admit), a million more join in \(lateJoinNs) ns each
                """)
        }

        /// Nanoseconds a call, of one call for each fan.
        private func time(_ call: (UserID) async throws -> Bool) async throws -> Int {
            var failures = 0
            let elapsed = try await ContinuousClock().measure {
                for index in 0..<Self.fanCount {
                    let fan = UserID(high: index, low: index &* 0x9E37_79B9_7F4A_7C15)
                    if try await !call(fan) { failures += 1 }
                }
            }
            #expect(failures == 0)
            return Int(elapsed / .nanoseconds(1)) / Int(Self.fanCount)
        }

        private func time(_ call: () async throws -> Bool) async throws -> Duration {
            var isRight = false
            let elapsed = try await ContinuousClock().measure { isRight = try await call() }
            #expect(isRight)
            return elapsed
        }

        private func residentBytes() -> Int? {
            guard let file = fopen("/proc/self/statm", "r") else { return nil }
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 128)
            guard fgets(&line, Int32(line.count), file) != nil else { return nil }
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) }
            return pages.map { $0 * Int(getpagesize()) }
        }
    }
#endif
