internal import Ports

/// Whether something outside is there, asked at most once in a while: a look at the store takes the lock that sales
/// need, and anyone may ask for `/readyz` as often as they like.
actor Probe {
    private let check: @Sendable () async throws(Fault) -> Void
    private let goodFor: Duration
    private let limit: Duration
    private let clock = ContinuousClock()
    private var last: (state: String, until: ContinuousClock.Instant)?
    private var isLooking = false
    /// Whether the look that is under way has taken longer than the limit.
    private var isLate = false
    private var waiting: [CheckedContinuation<String, Never>] = []

    /// - Parameter limit: Whoever asks waits no longer than this. What has not answered by then is not there; the look
    ///   goes on.
    init(
        goodFor: Duration = .seconds(1), limit: Duration = .seconds(3),
        _ check: @escaping @Sendable () async throws(Fault) -> Void
    ) {
        self.check = check
        self.goodFor = goodFor
        self.limit = limit
    }

    /// The states of several, in their order. All are looked at together, so this takes as long as the slowest.
    static func states(of probes: [Probe]) async -> [String] {
        await withTaskGroup(of: (index: Int, state: String).self) { group in
            for (index, probe) in probes.enumerated() { group.addTask { (index, await probe.state()) } }
            return await group.reduce(into: probes.map { _ in "" }) { $0[$1.index] = $1.state }
        }
    }

    /// "ok", or the code of the fault. All who ask while one look is under way wait for it.
    func state() async -> String {
        if let last, clock.now < last.until { return last.state }
        if isLate { return Fault.Code.unavailable.rawValue }
        if !isLooking { beginLook() }
        return await withCheckedContinuation { waiting.append($0) }
    }

    private func beginLook() {
        isLooking = true
        let limiting = Task {
            try? await Task.sleep(for: limit)
            if !Task.isCancelled { giveUpWaiting() }
        }
        Task {
            let state = await look()
            limiting.cancel()
            endLook(state)
        }
    }

    private func look() async -> String {
        do throws(Fault) {
            try await check()
            return "ok"
        } catch {
            return error.code.rawValue
        }
    }

    private func endLook(_ state: String) {
        isLooking = false
        isLate = false
        last = (state, clock.now + goodFor)
        tell(state)
    }

    private func giveUpWaiting() {
        isLate = true
        tell(Fault.Code.unavailable.rawValue)
    }

    private func tell(_ state: String) {
        for continuation in waiting { continuation.resume(returning: state) }
        waiting.removeAll()
    }
}
