/// Waits for a condition that other tasks bring about.
///
/// - Parameter limit: Far more than it ever takes: the condition not holding by then is a failure, not bad luck.
/// - Returns: Whether it came to hold.
public func eventually(
    within limit: Duration = .seconds(30), _ condition: () async throws -> Bool
) async rethrows -> Bool {
    let clock = ContinuousClock()
    let deadline = clock.now.advanced(by: limit)
    while clock.now < deadline {
        if try await condition() { return true }
        // Polling, since what is waited for has no way to tell. A cancelled wait ends as a condition that never held.
        do { try await clock.sleep(for: .milliseconds(2)) } catch { return false }
    }
    return try await condition()
}
