/// Keeps calls from a gateway that does not answer: they would only wait, each with a fan behind it.
///
/// It opens after so many failures in a row. After a while it lets one call through: what becomes of that one decides
/// whether it closes or stays open for as long again.
struct CircuitBreaker {
    typealias Instant = ContinuousClock.Instant

    /// What a call may do, to be given back with what became of it.
    enum Permit: Hashable {
        case ordinary
        /// The one call that finds out whether the gateway is back.
        case probe
    }

    /// What became of a call that was let through.
    enum Result {
        case answered
        case failed
        /// Its caller went away: nothing is known.
        case abandoned
    }

    private enum State {
        case closed(failureCount: Int)
        case open(until: Instant)
        case probing
    }

    private let failureCountMax: Int
    private let pause: Duration
    private var state = State.closed(failureCount: 0)

    init(failureCountMax: Int, pause: Duration) {
        self.failureCountMax = failureCountMax
        self.pause = pause
    }

    var isOpen: Bool {
        if case .closed = state { false } else { true }
    }

    /// Nil when the call is not to be made.
    mutating func admit(at now: Instant) -> Permit? {
        switch state {
        case .closed: return .ordinary
        case .open(let until) where now >= until:
            state = .probing
            return .probe
        case .open, .probing: return nil
        }
    }

    mutating func finish(_ permit: Permit, _ result: Result, at now: Instant) {
        switch (permit, state) {
        case (.probe, _):
            switch result {
            case .answered: state = .closed(failureCount: 0)
            case .failed: state = .open(until: now.advanced(by: pause))
            case .abandoned: state = .open(until: now)
            }
        case (.ordinary, .closed(let count)):
            switch result {
            case .answered: state = .closed(failureCount: 0)
            case .failed:
                state = count + 1 < failureCountMax ? .closed(failureCount: count + 1) : .open(until: now + pause)
            case .abandoned: break
            }
        // Sent before it opened: only the probe says more.
        case (.ordinary, .open), (.ordinary, .probing): break
        }
    }
}
