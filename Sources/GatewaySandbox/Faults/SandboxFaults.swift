/// How often the sandbox misbehaves, and how. Nothing by default.
///
/// As text: `timeoutAfterCapture=0.1,webhookRepeat=0.05,lateSeconds=5,seed=7`. What is not named is as by
/// default; `none` names nothing.
public struct SandboxFaults: Hashable, Sendable {
    /// Why a text is not taken.
    public struct Mistake: Error, Hashable, CustomStringConvertible {
        public let description: String
    }

    // How likely each is, from 0 to 1. Of those that befall one confirmation at most one happens.
    public var declines = 0.0
    public var slow = 0.0
    public var timeoutBeforeCapture = 0.0
    public var timeoutAfterCapture = 0.0
    public var errorBeforeCapture = 0.0
    public var errorAfterCapture = 0.0
    public var refundTimeoutAfter = 0.0
    public var refundErrorBefore = 0.0
    public var webhookRepeat = 0.0
    public var webhookReorder = 0.0
    public var webhookLate = 0.0
    public var webhookLost = 0.0

    /// What a slow answer takes.
    public var slowSeconds = 2.0
    /// How long a request is left without an answer.
    public var hangSeconds = 60.0
    /// How much later a late webhook comes.
    public var lateSeconds = 5.0
    /// The same seed and the same requests one after the other meet the same misfortune. Nil is never the same.
    public var seed: UInt64?

    public init() {}

    public init(_ text: String) throws(Mistake) {
        guard text != "none" else { return }
        var named: Set<Substring> = []
        for field in text.split(separator: ",", omittingEmptySubsequences: true) {
            let pair = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else {
                throw Mistake(description: "'\(field)' in the sandbox's faults is not name=value")
            }
            let name = pair[0].trimmingSpaces
            guard named.insert(name).inserted else {
                throw Mistake(description: "'\(name)' is named twice in the sandbox's faults")
            }
            try set(name, to: pair[1].trimmingSpaces)
        }
        let likely = confirmationOdds.map(\.probability).reduce(0, +)
        guard likely <= 1.000_001 else {
            throw Mistake(description: "what may befall a confirmation adds up to \(likely), which is more than 1")
        }
    }

    private mutating func set(_ name: Substring, to value: Substring) throws(Mistake) {
        if name == "seed" {
            guard let seed = UInt64(value) else {
                throw Mistake(description: "'seed' of the sandbox's faults is a whole number from 0 on, not '\(value)'")
            }
            self.seed = seed
        } else if let path = Self.probabilities[name] {
            guard let probability = Double(value), (0...1).contains(probability) else {
                throw Mistake(description: "'\(name)' of the sandbox's faults is a number from 0 to 1, not '\(value)'")
            }
            self[keyPath: path] = probability
        } else if let path = Self.durations[name] {
            guard let seconds = Double(value), (0...3600).contains(seconds) else {
                throw Mistake(description: "'\(name)' of the sandbox's faults is 0 to 3600 seconds, not '\(value)'")
            }
            self[keyPath: path] = seconds
        } else {
            let known = (Array(Self.probabilities.keys) + Array(Self.durations.keys) + ["seed"]).sorted()
                .joined(separator: ", ")
            throw Mistake(description: "the sandbox knows no fault '\(name)', only \(known)")
        }
    }

    private typealias Path = any WritableKeyPath<SandboxFaults, Double> & Sendable

    private static let probabilities: [Substring: Path] = [
        "declines": \.declines, "slow": \.slow, "timeoutBeforeCapture": \.timeoutBeforeCapture,
        "timeoutAfterCapture": \.timeoutAfterCapture, "errorBeforeCapture": \.errorBeforeCapture,
        "errorAfterCapture": \.errorAfterCapture, "refundTimeoutAfter": \.refundTimeoutAfter,
        "refundErrorBefore": \.refundErrorBefore, "webhookRepeat": \.webhookRepeat,
        "webhookReorder": \.webhookReorder, "webhookLate": \.webhookLate, "webhookLost": \.webhookLost,
    ]
    private static let durations: [Substring: Path] = [
        "slowSeconds": \.slowSeconds, "hangSeconds": \.hangSeconds, "lateSeconds": \.lateSeconds,
    ]

    /// What may befall a confirmation; the rest up to 1 is that nothing does.
    var confirmationOdds: [(probability: Double, misfortune: Misfortune)] {
        [
            (declines, .declined(nil)), (slow, .slow), (timeoutBeforeCapture, .timeoutBefore),
            (timeoutAfterCapture, .timeoutAfter), (errorBeforeCapture, .errorBefore),
            (errorAfterCapture, .errorAfter),
        ]
    }

    var refundOdds: [(probability: Double, misfortune: Misfortune)] {
        [(refundTimeoutAfter, .timeoutAfter), (refundErrorBefore, .errorBefore)]
    }
}

extension SandboxFaults: CustomStringConvertible {
    /// Reads as the same faults again: what is not as by default, by name; "none" when all is.
    public var description: String {
        let normal = SandboxFaults()
        var values = Self.probabilities.merging(Self.durations) { first, _ in first }
            .filter { self[keyPath: $1] != normal[keyPath: $1] }.map { "\($0)=\(self[keyPath: $1])" }.sorted()
        if let seed { values.append("seed=\(seed)") }
        return values.isEmpty ? "none" : values.joined(separator: ",")
    }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return text
    }
}
