import Logging
import ServiceLifecycle
import TestSupport
import Testing

@testable import HTTPAPI

@Suite("The limit of a shutdown", .timeLimit(.minutes(1)))
struct ExitLimitTests {
    /// One that does not stop before it is let go, as a commit that waits for a standby.
    private struct Stuck: Service {
        let released: AsyncStream<Void>
        func run() async throws { for await _ in released { break } }
    }

    private func logger() -> Logger {
        var logger = Logger(label: "jari.tests")
        logger.logLevel = .critical
        return logger
    }

    @Test("A shutdown that something holds up ends the program at the limit, and not before the shutdown has begun")
    func stuck() async throws {
        let (released, release) = AsyncStream<Void>.makeStream()
        let (ended, end) = AsyncStream<ContinuousClock.Instant>.makeStream()
        let limit = ExitLimit(.milliseconds(300), logger: logger()) { end.yield(.now) }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: Stuck(released: released)), .init(service: limit)], logger: logger()))
        let running = Task { try await group.run() }
        // Longer than the limit: it does not count while the program runs.
        try await Task.sleep(for: .milliseconds(400))
        let begun = ContinuousClock.now
        await group.triggerGracefulShutdown()
        let at = try #require(await ended.first { _ in true })
        #expect(at - begun >= .milliseconds(300))
        release.finish()
        try await running.value
    }

    @Test("The limit itself holds up no shutdown, and ends nothing that stops in time")
    func quick() async throws {
        let isEnded = Flag()
        let limit = ExitLimit(.seconds(3_600), logger: logger()) { isEnded.raise() }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [.init(service: limit)], logger: logger()))
        let begun = ContinuousClock.now
        let running = Task { try await group.run() }
        await group.triggerGracefulShutdown()
        try await running.value
        #expect(ContinuousClock.now - begun < .seconds(30))
        #expect(!isEnded.isRaised)
    }
}
