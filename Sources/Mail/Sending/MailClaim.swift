internal import Domain
internal import Synchronization

/// What a process knows of its hold on the mails that it took together.
final class MailClaim: Sendable {
    private struct State {
        /// When the store was told last, and has said that it knows.
        var since: Timestamp
        var renewAt: ContinuousClock.Instant
        var isLeaseLost = false
    }

    private let interval: Duration
    private let state: Mutex<State>

    /// - Parameter since: Before the mails were taken.
    init(since: Timestamp, intervalMs: Int) {
        interval = .milliseconds(intervalMs)
        state = Mutex(State(since: since, renewAt: .now + interval))
    }

    /// Milliseconds since the store was told last.
    func age(at now: Timestamp) -> Int64 { state.withLock { now.milliseconds(since: $0.since) } }

    /// When the store is to be told again.
    var renewAt: ContinuousClock.Instant { state.withLock { $0.renewAt } }
    var isDue: Bool { renewAt <= .now }
    /// Another process sends from now on.
    var isLeaseLost: Bool { state.withLock { $0.isLeaseLost } }

    /// The store was asked.
    ///
    /// - Parameter moment: Before that. Nil when it did not do it.
    func renewed(at moment: Timestamp?) {
        state.withLock { state in
            state.renewAt = .now + interval
            if let moment { state.since = moment }
        }
    }

    func loseLease() { state.withLock { $0.isLeaseLost = true } }
}
