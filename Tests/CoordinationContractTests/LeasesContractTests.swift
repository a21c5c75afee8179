import CoordinationInProcess
import CoordinationRedis
import Domain
import Ports
import Testing

/// A driver of the leases, and how to make two holders that compete for the same.
struct LeasesDriver: Sendable, CustomTestStringConvertible {
    let name: String
    let makeTwo: @Sendable () async throws -> (any Leases, any Leases)

    var testDescription: String { name }

    static let all =
        [
            LeasesDriver(name: "in process") {
                let first = InProcessLeases()
                return (first, InProcessLeases(competingWith: first))
            }
        ]
        + RedisUnderTest.all.map { redis in
            LeasesDriver(name: redis.name) {
                let prefix = RedisUnderTest.newPrefix()
                return (
                    try await redis.coordination(prefix: prefix).leases,
                    try await redis.coordination(prefix: prefix).leases
                )
            }
        }
}

@Suite("Every leases")
struct LeasesContractTests {
    private let now = Timestamp(milliseconds: 1_800_000_000_000)

    @Test("A lease is one holder's until it ends, and the holder may renew it", arguments: LeasesDriver.all)
    func turns(driver: LeasesDriver) async throws {
        let (first, second) = try await driver.makeTwo()
        let until = now.adding(seconds: 10)
        #expect(await first.hold("sweep", until: until, now: now))
        #expect(await second.hold("sweep", until: until, now: now) == false)
        #expect(await second.hold("relay", until: until, now: now))
        let renewed = until.adding(seconds: 5)
        #expect(await first.hold("sweep", until: renewed, now: now.adding(seconds: 5)))
        #expect(await second.hold("sweep", until: renewed, now: renewed.adding(milliseconds: -1)) == false)
        #expect(await second.hold("sweep", until: renewed.adding(seconds: 10), now: renewed))
        #expect(await first.hold("sweep", until: renewed.adding(seconds: 10), now: renewed) == false)
    }

    @Test("Of two who ask at the same time one gets the lease", arguments: LeasesDriver.all)
    func oneHolder(driver: LeasesDriver) async throws {
        let (first, second) = try await driver.makeTwo()
        for round in 0..<200 {
            let name = "job \(round)"
            async let one = first.hold(name, until: now.adding(seconds: 10), now: now)
            async let other = second.hold(name, until: now.adding(seconds: 10), now: now)
            let held = await [one, other]
            #expect(held.count { $0 } == 1, "round \(round)")
        }
    }
}
