import CoordinationInProcess
import Domain
import GatewayToss
import Ports
import Synchronization
import TestSupport
import Testing

@testable import Engine

@Suite("Comparing ledgers")
struct LedgerComparisonTests {
    private static let start = Timestamp(milliseconds: 1_795_348_800_000)

    private static func id(_ number: UInt64) -> PaymentID {
        PaymentID(high: UInt64(start.milliseconds + 1) << 16 | 0x7000, low: 0x8000_0000_0000_0000 | number)
    }

    private static func entry(_ number: UInt64, _ status: Payment.Status, done: Int64 = 0, pending: Int64 = 0)
        -> LedgerEntry
    {
        LedgerEntry(
            payment: Payment(
                id: id(number), reservationID: .sample(number), userID: .sample(1), method: .card, status: status,
                amount: Won(100), points: .zero, refunded: Won(done + pending), gatewayKey: "key-\(number)",
                createdAt: start),
            refundsDone: Won(done))
    }

    private static func line(_ number: UInt64, _ amount: Int64) -> GatewayTransaction {
        GatewayTransaction(
            id: "t\(number)\(amount)", paymentKey: "key-\(number)", orderID: id(number), amount: amount, at: start)
    }

    private static func kinds(_ entries: [LedgerEntry], _ lines: [GatewayTransaction]) -> [LedgerDifference.Kind] {
        compared(entries, lines, from: start).map(\.kind)
    }

    private static func compared(
        _ entries: [LedgerEntry], _ lines: [GatewayTransaction], from: Timestamp
    ) -> [LedgerDifference] {
        var comparison = LedgerComparison(from: from)
        for line in lines { comparison.add(line) }
        comparison.compare(entries)
        comparison.endPart()
        #expect(comparison.differenceCount == comparison.differences.count)
        return comparison.differences
    }

    @Test("What agrees is no difference")
    func agrees() {
        let entries = [
            Self.entry(1, .captured), Self.entry(2, .refunded, done: 100), Self.entry(3, .declined),
            Self.entry(4, .partiallyRefunded, done: 10, pending: 20), Self.entry(5, .requested),
        ]
        let lines = [Self.line(1, 100), Self.line(2, 100), Self.line(2, -100), Self.line(4, 100), Self.line(4, -10)]
        #expect(Self.kinds(entries, lines) == [])
        // The gateway may have done what we have not heard of yet.
        #expect(Self.kinds(entries, lines + [Self.line(4, -20)]) == [])
    }

    @Test("Each way to differ has its name")
    func differs() {
        #expect(Self.kinds([], [Self.line(1, 100)]) == [.unknownOrder])
        #expect(Self.kinds([Self.entry(1, .declined)], [Self.line(1, 100)]) == [.notCaptured])
        #expect(Self.kinds([Self.entry(1, .captured)], []) == [.missing])
        #expect(Self.kinds([Self.entry(1, .captured)], [Self.line(1, 99)]) == [.amount])
        #expect(Self.kinds([Self.entry(1, .captured)], [Self.line(1, 100), Self.line(1, -1)]) == [.refundedMore])
        #expect(Self.kinds([Self.entry(1, .refunded, done: 100)], [Self.line(1, 100)]) == [.refundedLess])
        let foreign = GatewayTransaction(id: "x", paymentKey: "k", orderID: nil, amount: 5, at: Self.start)
        #expect(Self.kinds([], [foreign]) == [.unknownOrder])
    }

    @Test("A payment from before the time that is compared may have lines from before it")
    func older() {
        let before = Self.start.adding(seconds: 10)
        let differences = Self.compared(
            [Self.entry(1, .refunded, done: 100)], [Self.line(1, -100)], from: before)
        #expect(differences.isEmpty)
    }
}

/// Against the sandbox, which is a real server with a ledger of its own.
@Suite("Comparing ledgers while the sale goes on")
struct ComparingTests {
    @Test("Payments are settled while ledgers are compared, however long that takes")
    func beside() async throws {
        try await CardWorld.run { world in
            let order = try await world.begun()
            #expect(await world.gateway.capture(order) == .captured(amount: order.amount))
            world.clock.advance(milliseconds: 6_000)
            let gate = Gate()
            let gateway = BentGateway(base: world.gateway, beforePage: { await gate.wait() })
            let reconciler = world.reconciler(reading: gateway)
            let running = Task { try await reconciler.run() }
            let isSettled = await eventually {
                let payment = try? await world.payment(order)
                return gateway.notes.count("transactions") > 0 && payment?.status == .captured
            }
            gate.open()
            running.cancel()
            try await running.value
            #expect(isSettled)
        }
    }

    @Test("A comparison ends when another process has the lease")
    func lostLease() async throws {
        try await CardWorld.run { world in
            for seat in 0..<3 { _ = try await world.captured(seat: seat) }
            world.clock.advance(milliseconds: 10_000)
            let leases = SomeLeases(left: 2)
            let gateway = BentGateway(base: world.gateway)
            let reconciler = world.reconciler(reading: gateway, leases: leases, pageSize: 1)
            var comparison = Reconciler.Comparison(.recent)
            try await reconciler.compare(&comparison, at: world.clock.now())
            #expect(gateway.notes.count("transactions") == 2)
            #expect(comparison.comparedUntil == nil, "what was not looked at is looked at again")
        }
    }

    @Test("A day that does not fit into memory is compared in parts, and differs in the same", arguments: [2, 3, 4])
    func parts(size: Int) async throws {
        try await CardWorld.run { world in
            let old = try await world.captured(seat: 9)
            world.clock.advance(milliseconds: 2_000)
            let start = world.clock.now()
            var orders: [CaptureOrder] = []
            for seat in 0..<5 {
                orders.append(try await world.captured(seat: seat))
                world.clock.advance(milliseconds: 2_000)
            }
            let untold = try await world.agreed(seat: 5)
            #expect(await world.gateway.capture(untold) == .captured(amount: untold.amount))
            world.clock.advance(milliseconds: 2_000)
            for (index, order) in [old, orders[0], orders[3]].enumerated() {
                for part in 0..<2 {
                    let elsewhere = RefundOrder(
                        id: .sample(UInt64(70 + 2 * index + part)), paymentKey: order.paymentKey, amount: Won(1_000),
                        reason: "by hand")
                    #expect(await world.gateway.refund(elsewhere) == .done)
                }
            }
            world.clock.advance(milliseconds: 5_000)
            let until = world.clock.now()
            let whole = LedgerReader(store: world.world.store, gateway: world.gateway)
            let inParts = LedgerReader(store: world.world.store, gateway: world.gateway, partSize: size, pageSize: 1)
            let expected = try #require(try await whole.compare(from: start, until: until))
            let found = try #require(try await inParts.compare(from: start, until: until))
            #expect(Set(found.differences) == Set(expected.differences))
            #expect(found.differences.count == 4)
            #expect(found.paymentCount == 7 && expected.paymentCount == 7)
            let more = found.differences.filter { $0.kind == .refundedMore }
            #expect(Set(more.compactMap(\.paymentID)) == [old.orderID, orders[0].orderID, orders[3].orderID])
            #expect(more.allSatisfy { $0.gateways == 2_000 }, "each refund is counted once")
        }
    }

    @Test("Money that we have not captured is no difference before the last line, which may say that it went back")
    func keptUntilTheEnd() {
        let payment = Payment(
            id: .sample(1), reservationID: .sample(1), userID: .sample(1), method: .card, status: .declined,
            amount: Won(100), points: .zero, createdAt: Timestamp(milliseconds: 0))
        for isGivenBack in [false, true] {
            var comparison = LedgerComparison(from: Timestamp(milliseconds: .max))
            for amount: Int64 in isGivenBack ? [100, -100] : [100] {
                comparison.add(
                    GatewayTransaction(
                        id: "\(amount)", paymentKey: "k", orderID: payment.id, amount: amount,
                        at: Timestamp(milliseconds: 1)))
                comparison.compare([LedgerEntry(payment: payment, refundsDone: .zero)], keepingNotCaptured: true)
                comparison.endPart()
            }
            comparison.takeKept()
            comparison.compare([LedgerEntry(payment: payment, refundsDone: .zero)])
            #expect(comparison.differences.map(\.kind) == (isGivenBack ? [] : [.notCaptured]))
        }
    }

    @Test("So many differences are kept and the others counted")
    func many() {
        var comparison = LedgerComparison(from: Timestamp(milliseconds: 0))
        for number in 0..<(LedgerComparison.differencesMax + 5) {
            comparison.add(
                GatewayTransaction(
                    id: "\(number)", paymentKey: "k\(number)", orderID: nil, amount: 5,
                    at: Timestamp(milliseconds: 1)))
        }
        #expect(comparison.differences.count == LedgerComparison.differencesMax)
        #expect(comparison.differenceCount == LedgerComparison.differencesMax + 5)
    }
}

/// A lease that is another's after so many times.
private final class SomeLeases: Leases {
    private let left: Mutex<Int>

    init(left: Int) {
        self.left = Mutex(left)
    }

    func hold(_ name: String, until: Timestamp, now: Timestamp) async -> Bool {
        left.withLock { left in
            left -= 1
            return left >= 0
        }
    }
}
