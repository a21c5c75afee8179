import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Small sales from seeds, with crashes, lost and unknown commits and clock steps.
///
/// `JARI_SIMULATION_SEEDS=5000 swift test --filter SimulationTests` runs seeds 1 to 5,000;
/// `JARI_SIMULATION_SEEDS=17-17` runs the one.
@Suite("Simulated sales")
struct SimulationTests {
    @Test("Whatever goes wrong, the invariants hold after every step and the answers stay true", arguments: seeds())
    func invariantsHold(seed: UInt64) async {
        let outcome = await SimulatedSale(seed: seed).run()
        if let violation = outcome.violation {
            Issue.record("seed \(seed): \(violation)\n\(outcome.trace.tail.joined(separator: "\n"))")
        }
    }

    @Test("The same seed gives the same trace, another seed another")
    func sameTrace() async {
        for seed: UInt64 in 1...10 {
            let first = await SimulatedSale(seed: seed).run().trace
            let second = await SimulatedSale(seed: seed).run().trace
            #expect(first.hash == second.hash, "seed \(seed)")
            #expect(first.lineCount > SimulatedSale.stepCount, "seed \(seed)")
            let other = await SimulatedSale(seed: seed + 1_000).run().trace
            #expect(first.hash != other.hash, "seed \(seed)")
        }
    }

    @Test("Everything that can happen does happen")
    func coverage() async {
        var counts: [String: Int] = [:]
        for seed: UInt64 in 1...80 {
            counts.merge(await SimulatedSale(seed: seed).run().counts, uniquingKeysWith: +)
        }
        let expected = [
            "held", "released", "paid", "charged", "refunded", "checkedIn", "replay", "failed", "crash",
            "crash before the answers", "sweep", "jump", "step back", "outage", "near a deadline", "snatch",
            "refused seatTaken", "refused noSeatsLeft", "refused tooManySeats", "refused holdExpired",
            "refused notEnoughPoints", "refused wrongState", "refused ticketUsed", "refused ticketVoid",
            "capture captured", "capture declined", "capture unknown", "capture wrongKey", "crash around the gateway",
            "read back captured", "read back declined", "read back unknown", "read back wrongKey", "refund done",
            "refund unknown", "reservation.retaken", "reservation.reopened", "payment.returned",
            "let go", "handed back", "charge expired", "refund refused", "by hand", "card refused paymentUnderWay",
            "card refused paymentKeyInvalid", "card refused holdExpired",
        ]
        for what in expected {
            #expect(counts[what, default: 0] > 0, "\(what) never happened: \(counts.sorted { $0.key < $1.key })")
        }
    }

    @Test("A rule broken on purpose is found within a hundred seeds", arguments: Tampering.allCases)
    func findsBrokenRules(tampering: Tampering) async {
        for seed: UInt64 in 1...100 where await SimulatedSale(seed: seed, tampering: tampering).run().violation != nil {
            return
        }
        Issue.record("no seed found \(tampering.rawValue)")
    }
}

/// 1 to 100, or what `JARI_SIMULATION_SEEDS` says: how many from 1, or a range such as `200-300`.
private func seeds() -> ClosedRange<UInt64> {
    guard let value = getenv("JARI_SIMULATION_SEEDS").map({ String(cString: $0) }) else { return 1...100 }
    let ends = value.split(separator: "-").compactMap { UInt64($0) }
    let range = ends.count == 1 ? (1, ends[0]) : ends.count == 2 ? (ends[0], ends[1]) : (1, 0)
    precondition(range.0 <= range.1, "JARI_SIMULATION_SEEDS is a count such as 5000 or a range such as 17-17")
    return range.0...range.1
}
