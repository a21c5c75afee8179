internal import Synchronization

/// What goes wrong with one request.
enum Misfortune: Hashable {
    /// With this code, or with one that chance picks.
    case declined(SandboxError?)
    case slow
    case timeoutBefore
    case timeoutAfter
    case errorBefore
    case errorAfter
    case refused
}

/// What goes wrong with one webhook.
enum WebhookMisfortune: Hashable {
    case repeated
    /// Sent after the next one.
    case reordered
    case late
    case lost
}

/// Decides what goes wrong: the card if it is one for that, else chance.
final class FaultDice: Sendable {
    private struct State {
        var faults: SandboxFaults
        var random: SeededDice
    }

    private let state: Mutex<State>

    init(_ faults: SandboxFaults) {
        state = Mutex(State(faults: faults, random: SeededDice(seed: faults.seed)))
    }

    /// Setting them begins the seed's numbers anew.
    var faults: SandboxFaults {
        get { state.withLock { $0.faults } }
        set { state.withLock { $0 = State(faults: newValue, random: SeededDice(seed: newValue.seed)) } }
    }

    func confirmation(of card: TestCard) -> Misfortune? {
        if let code = card.declineCode { return .declined(code) }
        switch card {
        case .slow: return .slow
        case .timeoutAfterCapture: return .timeoutAfter
        case .timeoutBeforeCapture: return .timeoutBefore
        case .errorAfterCapture: return .errorAfter
        case .errorBeforeCapture: return .errorBefore
        default: break
        }
        return state.withLock { state in
            let odds = state.faults.confirmationOdds
            guard let drawn = state.random.draw(odds) else { return nil }
            if drawn == .declined(nil) { return .declined(SandboxError.declines.randomElement(using: &state.random)) }
            return drawn
        }
    }

    func refund(of card: TestCard) -> Misfortune? {
        switch card {
        case .refundTimeoutAfter: .timeoutAfter
        case .refundRefused: .refused
        default: state.withLock { $0.random.draw($0.faults.refundOdds) }
        }
    }

    /// Several may befall one webhook, except that a lost one is only lost.
    func webhook(of card: TestCard) -> Set<WebhookMisfortune> {
        switch card {
        case .webhookRepeated: [.repeated]
        case .webhookReordered: [.reordered]
        case .webhookLate: [.late]
        case .webhookLost: [.lost]
        default:
            state.withLock { state in
                var misfortunes: Set<WebhookMisfortune> = []
                let odds: [(Double, WebhookMisfortune)] = [
                    (state.faults.webhookRepeat, .repeated), (state.faults.webhookReorder, .reordered),
                    (state.faults.webhookLate, .late), (state.faults.webhookLost, .lost),
                ]
                for (probability, misfortune) in odds where state.random.isLucky(probability) {
                    misfortunes.insert(misfortune)
                }
                return misfortunes.contains(.lost) ? [.lost] : misfortunes
            }
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): numbers that a seed makes again, or with none that nobody foresees.
struct SeededDice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64?) {
        var system = SystemRandomNumberGenerator()
        state = seed ?? system.next()
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func isLucky(_ probability: Double) -> Bool {
        // What never happens takes no number, so that adding a fault of 0 changes nothing.
        probability > 0 && Double.random(in: 0..<1, using: &self) < probability
    }

    /// At most one of the misfortunes.
    mutating func draw(_ odds: [(probability: Double, misfortune: Misfortune)]) -> Misfortune? {
        let odds = odds.filter { $0.probability > 0 }
        guard !odds.isEmpty else { return nil }
        var lot = Double.random(in: 0..<1, using: &self)
        for (probability, misfortune) in odds {
            if lot < probability { return misfortune }
            lot -= probability
        }
        return nil
    }
}
