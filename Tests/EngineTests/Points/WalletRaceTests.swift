import Domain
import Engine
import Ports
import Synchronization
import TestSupport
import Testing

@Suite("Races for a wallet")
struct WalletRaceTests {
    @Test(
        "After 1,000 random operations at once a wallet equals its ledger and was never below zero",
        arguments: [1, 3])
    func thousandOperations(engineCount: Int) async throws {
        let plan = World.Plan(rows: 20, fanCount: 1, seatsPerFanMax: 1_000, engineCount: engineCount)
        try await World.run(plan) { world async throws in
            let fan = world.fans[0]
            let spree = Spree(world: world, fan: fan)
            let balance = await withTaskGroup(of: Int64.self) { group in
                for worker in 0..<50 {
                    group.addTask {
                        var random = SeededRandom(seed: UInt64(worker))
                        var change: Int64 = 0
                        for step in 0..<20 {
                            let engine = (worker + step) % world.engines.count
                            switch random.index(weights: [4, 4, 2]) {
                            case 0: change += await spree.charge(.random(in: 1...80_000, using: &random), at: engine)
                            case 1: change += await spree.buy(world.seats[(worker * 20 + step) % 200], at: engine)
                            default: change += await spree.refund(at: engine)
                            }
                        }
                        return change
                    }
                }
                return await group.reduce(0, +)
            }
            let transfers = try await world.store.transfers(of: fan, before: nil, limit: 2_000)
            let kinds = Dictionary(grouping: transfers, by: \.kind).mapValues(\.count)
            #expect(kinds[.charge, default: 0] > 100 && kinds[.payment, default: 0] > 20, "\(kinds)")
            #expect(kinds[.refund, default: 0] > 5, "\(kinds)")
            let ledger = transfers.reduce(0) { $0 + ($1.to == fan.account ? $1.amount.amount : -$1.amount.amount) }
            #expect(ledger == balance, "what the ledger says and what the answers said")
            #expect(try await world.balance(of: fan) == Won(balance))
            #expect(transfers.allSatisfy { ($0.balance ?? Won(-1)) >= .zero })
        }
    }

    @Test("Without the store's guard charges are lost")
    func unguarded() async throws {
        var plan = World.Plan(fanCount: 1, engineCount: 3)
        plan.intercept = { UnguardedStore(base: $0) }
        plan.auditsAtTheEnd = false
        try await World.run(plan) { world async throws in
            await withTaskGroup(of: Void.self) { group in
                for index in 0..<600 {
                    group.addTask { _ = await world.charge(1_000, to: world.fans[0], at: index % 3) }
                }
            }
            #expect(try await world.balance(of: world.fans[0]) < Won(600_000))
            let violations = try await world.violations()
            #expect(violations.contains { $0.hasPrefix("I3") })
        }
    }

    @Test("Of two payments that a wallet can afford one of, one is refused")
    func lastWon() async throws {
        try await World.run { world async throws in
            let fan = world.fans[0]
            for pair in 0..<20 {
                let holds = [
                    try await world.held([world.seats[pair * 2]], by: fan),
                    try await world.held([world.seats[pair * 2 + 1]], by: fan),
                ]
                _ = await world.charge(World.price.amount + 1, to: fan)
                let answers = await withTaskGroup(of: Answer.self) { group in
                    for hold in holds { group.addTask { await world.pay(hold, by: fan) } }
                    return await group.reduce(into: []) { $0.append($1) }
                }
                let left = Won(Int64(pair) + 1)
                #expect(answers.compactMap(\.refusal) == [.notEnoughPoints(balance: left, needed: World.price)])
            }
        }
    }
}

/// One fan's operations. Each returns by how much the fan was told that the wallet changed.
private final class Spree: Sendable {
    private let world: World
    private let fan: UserID
    private let paid = Mutex<[PaymentID]>([])

    init(world: World, fan: UserID) {
        self.world = world
        self.fan = fan
    }

    func charge(_ amount: Int64, at engine: Int) async -> Int64 {
        let answer = await world.charge(amount, to: fan, at: engine)
        guard case .charged = answer.receipt else { return unexpected(answer) }
        return amount
    }

    func buy(_ seat: SeatID, at engine: Int) async -> Int64 {
        guard case .held(let hold, _, _, _) = await world.hold([seat], by: fan, at: engine).receipt else { return 0 }
        let answer = await world.pay(hold, by: fan, at: engine)
        if case .paid(let payment, _, _) = answer.receipt {
            paid.withLock { $0.append(payment) }
            return -World.price.amount
        }
        guard case .notEnoughPoints = answer.refusal else { return unexpected(answer) }
        _ = await world.release(hold, by: fan)
        return 0
    }

    func refund(at engine: Int) async -> Int64 {
        guard let payment = paid.withLock({ $0.popLast() }) else { return 0 }
        let answer = await world.refund(payment, of: fan, at: engine)
        guard case .refunded(_, let total, _) = answer.receipt else { return unexpected(answer) }
        return total.amount
    }

    private func unexpected(_ answer: Answer) -> Int64 {
        Issue.record("an unexpected answer: \(answer)")
        return 0
    }
}
