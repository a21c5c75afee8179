internal import Ports

/// Whether something outside is there, asked at most once in a while: a look at the store takes the lock that sales
/// need, and anyone may ask for `/readyz` as often as they like.
actor Probe {
    private let check: @Sendable () async throws(Fault) -> Void
    private let goodFor: Duration
    private let clock = ContinuousClock()
    private var last: (state: String, until: ContinuousClock.Instant)?
    private var running: Task<String, Never>?

    init(goodFor: Duration = .seconds(1), _ check: @escaping @Sendable () async throws(Fault) -> Void) {
        self.goodFor = goodFor
        self.check = check
    }

    /// "ok", or the code of the fault. All who ask while one look is under way wait for it.
    func state() async -> String {
        if let running { return await running.value }
        if let last, clock.now < last.until { return last.state }
        let check = check
        let look = Task { () -> String in
            do throws(Fault) {
                try await check()
                return "ok"
            } catch {
                return error.code.rawValue
            }
        }
        running = look
        let state = await look.value
        running = nil
        last = (state, clock.now + goodFor)
        return state
    }
}
