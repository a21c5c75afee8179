import Ports
import Synchronization

/// Carries seat news between engines, or loses them while told to.
final class NewsHub: Sendable {
    private struct State {
        var members: [AsyncStream<SeatArrival>.Continuation] = []
        var isLosing = false
    }

    private let state = Mutex(State())

    /// One process' end.
    func member() -> any SeatNews {
        let (stream, continuation) = AsyncStream<SeatArrival>.makeStream()
        let number = state.withLock { state in
            state.members.append(continuation)
            return state.members.count - 1
        }
        return Member(hub: self, number: number, stream: stream)
    }

    /// From now on nothing arrives.
    func startLosing() {
        state.withLock { $0.isLosing = true }
    }

    /// News arrive again, and everybody is told that some are lost.
    func stopLosing() {
        state.withLock { state in
            state.isLosing = false
            for member in state.members { member.yield(.missed) }
        }
    }

    private func send(_ news: SeatArrival, from number: Int) {
        state.withLock { state in
            guard !state.isLosing else { return }
            for (index, member) in state.members.enumerated() where index != number { member.yield(news) }
        }
    }

    private struct Member: SeatNews {
        let hub: NewsHub
        let number: Int
        let stream: AsyncStream<SeatArrival>

        func send(_ news: SeatArrival) { hub.send(news, from: number) }
        func arrivals() -> AsyncStream<SeatArrival> { stream }
    }
}
