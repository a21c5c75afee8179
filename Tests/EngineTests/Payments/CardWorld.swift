import AsyncHTTPClient
import CoordinationInProcess
import Domain
import Foundation
import GatewaySandbox
import GatewayToss
import Logging
import NIOCore
import NIOHTTP1
import Ports
import TestSupport
import Testing

@testable import Engine

private let secretKey = "test_sk_sandbox"
private let sharedClient = HTTPClient(configuration: TossGateway.clientConfiguration)

/// A date on sale with a real sandbox gateway beside it, on the same simulated clock.
struct CardWorld: Sendable {
    static let policy = PaymentPolicy(checkoutSeconds: 60, checkoutCapSeconds: 300, captureSeconds: 10)
    /// Time enough for a busy machine.
    static let tryMs = 60_000

    let world: World
    let sandbox: SandboxGateway
    let gateway: TossGateway
    let desk: PaymentDesk

    var clock: SimulatedClock { world.clock }
    var fan: UserID { world.fans[0] }

    static func run(
        _ plan: World.Plan = World.Plan(), _ body: @Sendable (CardWorld) async throws -> Void
    ) async throws {
        try await World.run(plan) { world in
            var logger = Logger(label: "jari.tests")
            logger.logLevel = .critical
            let sandbox = try await SandboxGateway.start(
                SandboxSettings(secretKey: secretKey), client: sharedClient, clock: world.clock, logger: logger)
            let checkout = TossCheckout(
                pageURL: sandbox.address + "/checkout", successURL: "http://shop.example/paid",
                failURL: "http://shop.example/failed")
            let gateway = TossGateway(
                settings: TossSettings(
                    baseURL: sandbox.address, secretKey: secretKey, checkout: checkout),
                client: sharedClient, logger: logger)
            let desk = PaymentDesk(
                engine: world.engine, store: world.store, gateway: gateway, policy: policy, tryMs: Self.tryMs,
                clock: world.clock, logger: logger
            )
            do {
                try await body(CardWorld(world: world, sandbox: sandbox, gateway: gateway, desk: desk))
            } catch {
                await sandbox.stop()
                throw error
            }
            await sandbox.stop()
        }
    }

    /// - Parameters:
    ///   - engine: Whose process it runs in.
    ///   - other: Asked instead of the sandbox.
    func reconciler(
        at engine: Int = 0, reading other: (any PaymentGateway)? = nil, leases: any Leases = InProcessLeases(),
        pageSize: Int = 1_000, tryMs: Int = Self.tryMs
    ) -> Reconciler {
        var logger = Logger(label: "jari.tests")
        logger.logLevel = .critical
        return Reconciler(
            engine: world.engines[engine], store: world.store,
            desk: desk(at: engine, asking: other ?? gateway, tryMs: tryMs), gateway: other ?? gateway, leases: leases,
            clock: clock,
            pageSize: pageSize, logger: logger)
    }

    func desk(at engine: Int = 0, asking other: any PaymentGateway, tryMs: Int = Self.tryMs) -> PaymentDesk {
        var logger = Logger(label: "jari.tests")
        logger.logLevel = .critical
        return PaymentDesk(
            engine: world.engines[engine], store: world.store, gateway: other, policy: Self.policy, tryMs: tryMs,
            clock: clock, logger: logger)
    }

    // MARK: What a fan does

    /// A seat held and to be paid by card, and what the fan brings back from the gateway's page.
    func agreed(seat: Int = 0, points: Int64 = 0) async throws -> CaptureOrder {
        let reservation = try await world.held([world.seats[seat]], by: fan)
        let request = RequestPayment(
            userID: fan, reservationID: reservation, points: Won(points), policy: Self.policy)
        let made = await world.engine.outcome(of: .requestPayment(request))
        guard case .success(.paymentRequested(let payment, _)) = made else { throw Surprise(what: "\(made)") }
        return try await paidOnPage(payment)
    }

    /// What a browser does on the sandbox's page.
    private func paidOnPage(_ payment: Payment) async throws -> CaptureOrder {
        let url = try #require(URLComponents(string: desk.checkoutURL(for: payment, title: "공연")))
        var request = HTTPClientRequest(url: sandbox.address + "/checkout")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        request.body = .bytes(Data(((url.percentEncodedQuery ?? "") + "&cardNumber=4242424242424242").utf8))
        let answer = try await sharedClient.execute(request, timeout: .seconds(30))
        let back = try #require(answer.headers.first(name: "Location").flatMap { URLComponents(string: $0) })
        let key = try #require(back.queryItems?.first { $0.name == "paymentKey" }?.value)
        return CaptureOrder(orderID: payment.id, paymentKey: key, amount: payment.card)
    }

    /// The intent is stored, and the program goes no further.
    func begun(seat: Int = 0, points: Int64 = 0) async throws -> CaptureOrder {
        let order = try await agreed(seat: seat, points: points)
        let begin = BeginCapture(
            userID: fan, paymentID: order.orderID, paymentKey: order.paymentKey, amount: nil, policy: Self.policy,
            claim: .sample(1), tryMs: 5_000)
        guard case .success(.captureBegun) = await world.engine.outcome(of: .beginCapture(begin)) else {
            throw Surprise(what: "a capture that does not begin")
        }
        return order
    }

    func captured(seat: Int = 0) async throws -> CaptureOrder {
        let order = try await agreed(seat: seat)
        let answer = await desk.confirm(
            order.orderID, of: fan, paymentKey: order.paymentKey, amount: nil, idempotency: .sample(UInt64(seat)),
            encode: Receipt.encode)
        guard case .done = answer else { throw Surprise(what: "\(answer)") }
        return order
    }

    // MARK: What staff do

    func letGo(_ order: CaptureOrder, asking other: (any PaymentGateway)? = nil) async throws -> Answer {
        try await desk(asking: other ?? gateway).letGo(
            try await payment(order), by: world.fans[1], reason: "다른 금액", idempotency: .sample(700),
            encode: Receipt.encode)
    }

    // MARK: What is seen

    func payment(_ order: CaptureOrder) async throws -> Payment {
        try #require(try await world.store.payment(order.orderID))
    }

    func events(_ kind: Event.Kind) async throws -> [Event] {
        try await world.store.undelivered(limit: 1_000).filter { $0.kind == kind }
    }

    struct Surprise: Error { let what: String }
}
