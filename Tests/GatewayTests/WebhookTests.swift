import Domain
import Foundation
import GatewaySandbox
import GatewayToss
import Hummingbird
import Logging
import Ports
import Synchronization
import TestSupport
import Testing

/// Who is told: a server that keeps what it is sent.
private final class Receiver: Sendable {
    struct Webhook: Hashable, Sendable {
        let id: String
        let retry: Int
        let paymentKey: String
        let status: String
        let eventType: String
        let createdAt: String
    }

    private let received = Mutex([Webhook]())
    private let failures: Mutex<Int>

    /// - Parameter failureCount: So many are not taken at first.
    init(failureCount: Int = 0) {
        failures = Mutex(failureCount)
    }

    var webhooks: [Webhook] { received.withLock { $0 } }

    func take(_ asked: OwnServer.Asked) throws -> Response {
        struct Body: Decodable {
            struct Payment: Decodable {
                let paymentKey: String
                let status: String
            }
            let eventType: String
            let createdAt: String
            let data: Payment
        }
        let body = try JSONDecoder().decode(Body.self, from: Data(asked.body.utf8))
        let webhook = Webhook(
            id: asked.headers["tosspayments-webhook-transmission-id"] ?? "",
            retry: Int(asked.headers["tosspayments-webhook-transmission-retried-count"] ?? "") ?? -1,
            paymentKey: body.data.paymentKey, status: body.data.status, eventType: body.eventType,
            createdAt: body.createdAt)
        received.withLock { $0.append(webhook) }
        let fails = failures.withLock { left in
            left -= 1
            return left >= 0
        }
        return Response(status: fails ? .internalServerError : .ok)
    }
}

@Suite("Webhooks of the sandbox")
struct WebhookTests {
    private func with(
        faults: String = "", failureCount: Int = 0, retryMs: Int64 = 10, logger: Logger = quiet,
        _ body: (World, Receiver) async throws -> Void
    ) async throws {
        let receiver = Receiver(failureCount: failureCount)
        try await OwnServer.with {
            try receiver.take($0)
        } _: { server in
            let settings = SandboxSettings(webhookURL: server.address + "/hook", webhookRetryMs: retryMs)
            try await World.with(settings, faults: faults, logger: logger) { try await body($0, receiver) }
        }
    }

    private func statuses(_ receiver: Receiver, _ order: CaptureOrder) -> [String] {
        receiver.webhooks.filter { $0.paymentKey == order.paymentKey }.map(\.status)
    }

    @Test("Every change of a payment is told once, in order")
    func told() async throws {
        try await with { world, receiver in
            let order = try await world.pay(.sample(1))
            let declined = try await world.pay(.sample(2), card: .stopped)
            _ = await world.gateway.capture(order)
            _ = await world.gateway.capture(declined)
            for number in 1...2 {
                let refund = RefundOrder(
                    id: .sample(UInt64(number)), paymentKey: order.paymentKey, amount: Won(25_000), reason: "환불")
                #expect(await world.gateway.refund(refund) == .done)
            }
            let areAll = await eventually { receiver.webhooks.count >= 6 }
            #expect(areAll)
            #expect(statuses(receiver, order) == ["IN_PROGRESS", "DONE", "PARTIAL_CANCELED", "CANCELED"])
            #expect(statuses(receiver, declined) == ["IN_PROGRESS", "ABORTED"])
            #expect(receiver.webhooks.allSatisfy { $0.eventType == "PAYMENT_STATUS_CHANGED" && $0.retry == 0 })
            // In Seoul, without a zone, with six decimals.
            let shape = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}/
            #expect(receiver.webhooks.allSatisfy { $0.createdAt.wholeMatch(of: shape) != nil })
        }
    }

    @Test("A webhook that is not taken is sent again under the same id, seven times at most")
    func retries() async throws {
        try await with(failureCount: 3) { world, receiver in
            let order = try await world.pay(.sample(1))
            let areAll = await eventually { receiver.webhooks.count >= 4 }
            #expect(areAll)
            #expect(receiver.webhooks.map(\.retry) == [0, 1, 2, 3])
            #expect(Set(receiver.webhooks.map(\.id)).count == 1)
            #expect(statuses(receiver, order).allSatisfy { $0 == "IN_PROGRESS" })
        }
        let book = LogBook()
        try await with(failureCount: 1_000, retryMs: 1, logger: Logger(label: "test") { _ in book }) {
            world, receiver in
            _ = try await world.pay(.sample(1))
            let isGivenUp = await eventually { book.lines.contains { $0.contains("never arrived") } }
            #expect(isGivenUp)
            #expect(receiver.webhooks.map(\.retry) == Array(0...7))
        }
    }

    @Test("Repeated ones come twice under one id")
    func repeated() async throws {
        try await with { world, receiver in
            let order = try await world.pay(.sample(1), card: .webhookRepeated)
            _ = await world.gateway.capture(order)
            let areAll = await eventually { receiver.webhooks.count >= 4 }
            #expect(areAll)
            #expect(statuses(receiver, order) == ["IN_PROGRESS", "IN_PROGRESS", "DONE", "DONE"])
            #expect(Set(receiver.webhooks.map(\.id)).count == 2)
        }
    }

    @Test("A reordered one comes after the next")
    func reordered() async throws {
        try await with(faults: "lateSeconds=20") { world, receiver in
            let order = try await world.pay(.sample(1), card: .webhookReordered)
            _ = await world.gateway.capture(order)
            let areAll = await eventually { receiver.webhooks.count >= 2 }
            #expect(areAll)
            #expect(statuses(receiver, order) == ["DONE", "IN_PROGRESS"])
        }
    }

    @Test("A reordered one without a next comes late")
    func reorderedAlone() async throws {
        try await with(faults: "lateSeconds=0.3") { world, receiver in
            let order = try await world.pay(.sample(1), card: .webhookReordered)
            let isThere = await eventually { receiver.webhooks.count >= 1 }
            #expect(isThere)
            #expect(statuses(receiver, order) == ["IN_PROGRESS"])
        }
    }

    @Test("Late and lost ones hold up no others")
    func heldUp() async throws {
        try await with(faults: "lateSeconds=3600") { world, receiver in
            _ = try await world.pay(.sample(1), card: .webhookLate)
            _ = try await world.pay(.sample(2), card: .webhookLost)
            for number in 3...12 { _ = try await world.pay(.sample(UInt64(number))) }
            let areThere = await eventually { receiver.webhooks.count >= 10 }
            #expect(areThere)
            let told = Set(receiver.webhooks.map(\.paymentKey))
            let others = try await world.ledger().payments.dropFirst(2).map(\.paymentKey)
            #expect(told == Set(others))
        }
    }

    @Test("Late ones come late")
    func late() async throws {
        try await with(faults: "lateSeconds=0.5") { world, receiver in
            let started = ContinuousClock.now
            let order = try await world.pay(.sample(1), card: .webhookLate)
            let isThere = await eventually { statuses(receiver, order) == ["IN_PROGRESS"] }
            #expect(isThere)
            #expect(ContinuousClock.now - started >= .milliseconds(500))
        }
    }

    @Test("Nobody is told before there is an address, and a new one is used at once")
    func address() async throws {
        let receiver = Receiver()
        try await OwnServer.with {
            try receiver.take($0)
        } _: { server in
            try await World.with { world in
                _ = try await world.pay(.sample(1))
                world.sandbox.webhookURL = server.address
                let order = try await world.pay(.sample(2))
                let isThere = await eventually { !receiver.webhooks.isEmpty }
                #expect(isThere)
                #expect(receiver.webhooks.map(\.paymentKey) == [order.paymentKey])
            }
        }
    }

    @Test("An end waits for no late webhook and no unanswered request")
    func ending() async throws {
        let started = ContinuousClock.now
        try await with(faults: "lateSeconds=60,hangSeconds=60") { world, _ in
            _ = try await world.pay(.sample(1), card: .webhookLate)
            let order = try await world.pay(.sample(2), card: .timeoutAfterCapture)
            let capture = Task { await world.gateway.capture(order) }
            let isCaptured = await eventually { (try? await world.ledger().totals.captured) == 50_000 }
            #expect(isCaptured)
            capture.cancel()
            _ = await capture.value
        }
        #expect(ContinuousClock.now - started < .seconds(20))
    }
}
