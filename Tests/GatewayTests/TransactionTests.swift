import Domain
import GatewaySandbox
import GatewayToss
import Ports
import TestSupport
import Testing

@Suite("Reading the gateway's ledger")
struct TransactionTests {
    /// Every line from `from` until `until`, read in pages.
    private func all(
        _ world: World, from: Timestamp, until: Timestamp, limit: Int
    ) async throws -> [GatewayTransaction] {
        var lines: [GatewayTransaction] = []
        while true {
            let page = try await world.gateway.transactions(
                from: from, until: until, after: lines.last?.id, limit: limit)
            #expect(page.count <= limit)
            lines += page
            if page.count < limit { return lines }
        }
    }

    @Test("Every capture and refund is there once, in order, in pages of any size")
    func pages() async throws {
        try await World.with { world in
            let start = world.clock.now()
            var amounts: [Int64] = []
            for number in 1...7 {
                let order = try await world.pay(.sample(UInt64(number)), Int64(number) * 1_000)
                _ = await world.gateway.capture(order)
                amounts.append(Int64(number) * 1_000)
                world.clock.advance(milliseconds: 700)
                guard number % 3 == 0 else { continue }
                let refund = RefundOrder(
                    id: .sample(UInt64(number)), paymentKey: order.paymentKey, amount: Won(500), reason: "부분")
                #expect(await world.gateway.refund(refund) == .done)
                amounts.append(-500)
            }
            // Nothing was captured of it: it moves no money.
            _ = try await world.pay(.sample(8))
            let end = world.clock.now().adding(seconds: 60)
            for limit in [1, 2, 3, 100] {
                let lines = try await all(world, from: start.adding(seconds: -60), until: end, limit: limit)
                #expect(lines.map(\.amount) == amounts)
                #expect(Set(lines.map(\.id)).count == lines.count)
                #expect(lines.first?.orderID == .sample(1))
            }
        }
    }

    @Test("Windows that follow each other have every line once, wherever they are cut")
    func windows() async throws {
        try await World.with { world in
            let start = world.clock.now()
            for number in 0..<12 {
                _ = await world.gateway.capture(try await world.pay(.sample(UInt64(number))))
                world.clock.advance(milliseconds: 430)
            }
            let end = world.clock.now().adding(seconds: 60)
            for cutMs: Int64 in [0, 1, 999, 1_000, 1_500, 2_001, 3_333] {
                let cut = start.adding(milliseconds: cutMs)
                let first = try await all(world, from: start.adding(seconds: -60), until: cut, limit: 2)
                let second = try await all(world, from: cut, until: end, limit: 2)
                #expect(first.allSatisfy { $0.at < cut } && second.allSatisfy { $0.at >= cut })
                #expect((first + second).count == 12)
                #expect(Set((first + second).map(\.id)).count == 12)
            }
        }
    }

    @Test("After a line that the gateway does not know nothing can be read")
    func unknownLine() async throws {
        try await World.with { (world) async throws in
            let fault = await #expect(throws: Fault.self) {
                try await world.gateway.transactions(
                    from: world.clock.now(), until: world.clock.now().adding(seconds: 1), after: "tx_none", limit: 10)
            }
            #expect(fault?.code == .broken)
        }
    }
}
