import Logging
import ServiceLifecycle
import TestSupport
import Testing

@testable import HTTPAPI

@Suite("Services that are stopped together", .timeLimit(.minutes(1)))
struct StoppedTogetherTests {
    /// Stops when it may: once the other one was told to stop too.
    private struct Polite: Service {
        let told: Flag
        let other: Flag
        let isStopped: Flag

        func run() async throws {
            try? await gracefulShutdown()
            told.raise()
            _ = await eventually { other.isRaised }
            isStopped.raise()
        }
    }

    /// Has something under way that ends when it is cancelled and not before.
    private struct Busy: Service {
        let isCancelled: Flag

        func run() async throws {
            try? await Task.sleep(for: .seconds(3_600))
            isCancelled.raise()
        }
    }

    private struct Failed: Error {}
    private struct Failing: Service {
        func run() async throws { throw Failed() }
    }

    private func logger() -> Logger {
        var logger = Logger(label: "jari.tests")
        logger.logLevel = .critical
        return logger
    }

    private func run(_ services: [any Service], limit: Duration) async throws -> Duration {
        let together = StoppedTogether(services, limit: limit, logger: logger())
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [.init(service: together)], logger: logger()))
        let running = Task { try await group.run() }
        // Longer than the shorter of the limits below: it does not count while the program runs.
        try await Task.sleep(for: .milliseconds(400))
        let begun = ContinuousClock.now
        await group.triggerGracefulShutdown()
        try await running.value
        return ContinuousClock.now - begun
    }

    @Test("All are told at once, and none waits for another or for the limit")
    func atOnce() async throws {
        let (first, second) = (Flag(), Flag())
        let stopped = [Flag(), Flag()]
        let took = try await run(
            [
                Polite(told: first, other: second, isStopped: stopped[0]),
                Polite(told: second, other: first, isStopped: stopped[1]),
            ], limit: .seconds(3_600))
        #expect(stopped.allSatisfy { $0.isRaised })
        // One after the other, the first would have waited half a minute for the second to be told.
        #expect(took < .seconds(20))
    }

    @Test("What is under way for longer than the limit is cancelled, and not before")
    func limit() async throws {
        let isCancelled = [Flag(), Flag()]
        let took = try await run(isCancelled.map { Busy(isCancelled: $0) }, limit: .milliseconds(300))
        #expect(isCancelled.allSatisfy { $0.isRaised })
        #expect(took >= .milliseconds(300))
        #expect(took < .seconds(30))
    }

    @Test("One that fails ends them all, and says why")
    func failure() async throws {
        let isCancelled = Flag()
        let together = StoppedTogether(
            [Busy(isCancelled: isCancelled), Failing()], limit: .seconds(3_600), logger: logger())
        await #expect(throws: Failed.self) { try await together.run() }
        #expect(isCancelled.isRaised)
    }
}
