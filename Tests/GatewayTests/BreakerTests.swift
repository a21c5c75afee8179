import Domain
import GatewaySandbox
import Hummingbird
import Ports
import Synchronization
import TestSupport
import Testing

@testable import GatewayToss

@Suite("The circuit breaker")
struct BreakerTests {
    private let start = ContinuousClock.now
    private func at(_ ms: Int) -> ContinuousClock.Instant { start.advanced(by: .milliseconds(ms)) }

    @Test("It opens after so many failures in a row, and an answer begins the count anew")
    func opens() {
        var breaker = CircuitBreaker(failureCountMax: 3, pause: .milliseconds(100))
        for result: CircuitBreaker.Result in [.failed, .failed, .answered, .failed, .failed] {
            #expect(breaker.admit(at: at(0)) == .ordinary)
            breaker.finish(.ordinary, result, at: at(0))
        }
        #expect(!breaker.isOpen)
        breaker.finish(.ordinary, .failed, at: at(0))
        #expect(breaker.isOpen && breaker.admit(at: at(99)) == nil)
    }

    @Test("After the pause one call goes to see; its answer closes it, its failure opens it as long again")
    func halfOpens() {
        var breaker = CircuitBreaker(failureCountMax: 1, pause: .milliseconds(100))
        breaker.finish(.ordinary, .failed, at: at(0))
        #expect(breaker.admit(at: at(100)) == .probe)
        #expect(breaker.admit(at: at(100)) == nil, "only one")
        breaker.finish(.probe, .failed, at: at(150))
        #expect(breaker.admit(at: at(249)) == nil)
        #expect(breaker.admit(at: at(250)) == .probe)
        breaker.finish(.probe, .answered, at: at(260))
        #expect(!breaker.isOpen && breaker.admit(at: at(260)) == .ordinary)
    }

    @Test("A caller that goes away leaves its place to the next; what was sent before it opened decides nothing")
    func abandoned() {
        var breaker = CircuitBreaker(failureCountMax: 1, pause: .milliseconds(100))
        breaker.finish(.ordinary, .failed, at: at(0))
        breaker.finish(.ordinary, .answered, at: at(10))
        #expect(breaker.isOpen)
        #expect(breaker.admit(at: at(100)) == .probe)
        breaker.finish(.probe, .abandoned, at: at(110))
        #expect(breaker.admit(at: at(110)) == .probe)
    }

    @Test("While the gateway is away nothing is sent; when it is back, calls go through again")
    func overTheWire() async throws {
        let asked = Mutex(0)
        let isBack = Mutex(false)
        try await OwnServer.with { _ in
            asked.withLock { $0 += 1 }
            return isBack.withLock { $0 }
                ? .json(#"{"code":"NOT_FOUND_PAYMENT"}"#, status: 404) : .json("", status: 502)
        } _: { server in
            var settings = World.settings(server.address)
            settings.tryCountMax = 1
            settings.failureCountMax = 3
            settings.breakMs = 300
            let gateway = TossGateway(settings: settings, client: sharedClient, logger: quiet)
            func faultCode() async -> Fault.Code? {
                do throws(Fault) {
                    _ = try await gateway.payment(key: "key")
                    return nil
                } catch {
                    return error.code
                }
            }
            for _ in 0..<10 { #expect(await faultCode() == .unavailable) }
            let order = CaptureOrder(orderID: .sample(1), paymentKey: "key", amount: Won(1_000))
            #expect(await gateway.capture(order) == .notSent)
            #expect(asked.withLock { $0 } == 3, "what is held back does not reach the gateway")
            isBack.withLock { $0 = true }
            let isThrough = await eventually { await faultCode() == nil }
            #expect(isThrough)
            #expect(await gateway.capture(order) == .wrongKey)
        }
    }

    @Test("A call that we cut off says nothing of the gateway, and a capture that would be is not sent")
    func cutOff() async throws {
        let asked = Mutex<[String]>([])
        try await OwnServer.with { request in
            asked.withLock { $0.append(request.path) }
            try await Task.sleep(for: .seconds(2))
            return .json("", status: 502)
        } _: { server in
            var settings = World.settings(server.address)
            settings.tryCountMax = 1
            settings.failureCountMax = 2
            let gateway = TossGateway(settings: settings, client: sharedClient, logger: quiet)
            for _ in 0..<4 {
                await #expect(throws: Fault.self) {
                    try await gateway.payment(key: "key", until: .now.advanced(by: .milliseconds(100)))
                }
            }
            // A try may take ten seconds: with less than half of that a card company would be interrupted.
            let order = CaptureOrder(orderID: .sample(1), paymentKey: "key", amount: Won(1_000))
            #expect(await gateway.capture(order, until: .now.advanced(by: .milliseconds(4_900))) == .notSent)
            #expect(asked.withLock { !$0.contains("/v1/payments/confirm") })
            // Had the breaker opened, this one would not have gone out.
            #expect(await gateway.capture(order) == .unknown)
            #expect(asked.withLock { $0.contains("/v1/payments/confirm") })
        }
    }

    @Test("A key that was stored by a wider rule is still asked about")
    func olderKeys() async throws {
        let asked = Mutex<[String]>([])
        try await OwnServer.with { request in
            asked.withLock { $0.append(request.path) }
            return .json(#"{"code":"NOT_FOUND_PAYMENT"}"#, status: 404)
        } _: { server in
            let gateway = TossGateway(settings: World.settings(server.address), client: sharedClient, logger: quiet)
            for key in ["old.key", ".."] {
                let found = try await gateway.payment(key: key)
                #expect(found == nil)
            }
            #expect(asked.withLock { $0 } == ["/v1/payments/old.key"])
        }
    }

    @Test("A sandbox that was away is found again")
    func refusedConnections() async throws {
        var settings = SandboxSettings()
        let first = try await SandboxGateway.start(
            settings, client: sharedClient, clock: SimulatedClock(), logger: quiet)
        settings.port = first.port
        var tossSettings = World.settings(first.address, secretKey: settings.secretKey)
        tossSettings.tryCountMax = 1
        tossSettings.failureCountMax = 2
        tossSettings.breakMs = 100
        let gateway = TossGateway(settings: tossSettings, client: sharedClient, logger: quiet)
        #expect(try await gateway.payment(key: "nobody") == nil)
        await first.stop()
        for _ in 0..<3 { await #expect(throws: Fault.self) { try await gateway.payment(key: "nobody") } }
        let second = try await SandboxGateway.start(
            settings, client: sharedClient, clock: SimulatedClock(), logger: quiet)
        let isBack = await eventually { (try? await gateway.payment(key: "nobody")) == .some(nil) }
        #expect(isBack)
        await second.stop()
    }
}
