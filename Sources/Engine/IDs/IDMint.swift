public import Domain
internal import Synchronization

/// New ids and secrets, for callers on any thread.
public final class IDMint: Sendable {
    private struct State {
        var ids: IDSource
        var random: any RandomNumberGenerator & Sendable
    }

    private let state: Mutex<State>

    public init(random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()) {
        state = Mutex(State(ids: IDSource(random: random), random: random))
    }

    public func next<Entity>(at now: Timestamp) -> ID<Entity> {
        state.withLock { $0.ids.next(at: now) }
    }

    /// Makes several in one go, as a batch does.
    func withSource<Result>(_ body: (inout IDSource) -> Result) -> Result {
        state.withLock { body(&$0.ids) }
    }

    /// 32 bytes that nobody can guess.
    public func seed() -> [UInt8] {
        state.withLock { state in
            (0..<4).flatMap { _ in withUnsafeBytes(of: state.random.next() as UInt64, Array.init) }
        }
    }

    /// From 0 to 1, for spreading things that must not come at once.
    func fraction() -> Double {
        state.withLock { Double.random(in: 0...1, using: &$0.random) }
    }
}
