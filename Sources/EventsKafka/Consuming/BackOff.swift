/// How long to wait before trying again: longer each time, up to a limit.
struct BackOff {
    private static let firstMs = 100
    private static let lastMs = 5_000

    private var nextMs = firstMs

    mutating func next() -> Duration {
        defer { nextMs = min(nextMs * 2, Self.lastMs) }
        return .milliseconds(nextMs)
    }

    mutating func reset() { nextMs = Self.firstMs }
}
