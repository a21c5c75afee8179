internal import CArgon2
internal import Dispatch
internal import Synchronization

/// Argon2id with OWASP's parameters: 19 MiB, 2 passes, 1 lane. Computed off the event loops, a few at a time, so that a
/// flood of logins neither stops the sale nor fills the memory.
public final class PasswordHasher: Sendable {
    private static let memoryKiB: UInt32 = 19 * 1024
    private static let passes: UInt32 = 2
    private static let lanes: UInt32 = 1
    private static let hashLength = 32
    private static let saltLength = 16

    /// Each has at most one thread, and what waits in it has none: a flood of logins blocks no thread of the sale's.
    private let queues: [DispatchQueue]
    private let waiting = Mutex((count: 0, next: 0))
    private let waitingMax: Int

    /// - Parameters:
    ///   - concurrent: How many are computed at once: 1 or more. Half of the cores leaves the others to the sale.
    ///   - waitingMax: How many may wait. Past it the server says that it is overloaded.
    public init(concurrent: Int = 1, waitingMax: Int = 512) {
        queues = (0..<concurrent).map { DispatchQueue(label: "jari.passwords.\($0)") }
        self.waitingMax = waitingMax
    }

    /// The hash in the standard encoded form, with a fresh salt.
    public func hash(_ password: String) async throws -> String {
        try await compute {
            var random = SystemRandomNumberGenerator()
            let salt = (0..<Self.saltLength).map { _ in UInt8.random(in: 0...255, using: &random) }
            let bytes = Array(password.utf8)
            let length = argon2_encodedlen(
                Self.passes, Self.memoryKiB, Self.lanes, UInt32(salt.count), UInt32(Self.hashLength), Argon2_id)
            var encoded = [CChar](repeating: 0, count: length)
            let code = argon2id_hash_encoded(
                Self.passes, Self.memoryKiB, Self.lanes, bytes, bytes.count, salt, salt.count, Self.hashLength,
                &encoded, length)
            precondition(code == ARGON2_OK.rawValue, "Argon2id failed with code \(code)")
            return String(decoding: encoded.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }

    /// Whether a password is the one that was hashed.
    public func verify(_ password: String, against encoded: String) async throws -> Bool {
        try await compute {
            let bytes = Array(password.utf8)
            return argon2id_verify(encoded, bytes, bytes.count) == ARGON2_OK.rawValue
        }
    }

    /// How many are being computed or wait.
    var takenCount: Int { waiting.withLock { $0.count } }

    /// Does something in the place of a hash, off the event loops and in turn.
    func compute<Result: Sendable>(_ work: @Sendable @escaping () -> Result) async throws -> Result {
        let queue = waiting.withLock { waiting -> DispatchQueue? in
            guard waiting.count < waitingMax else { return nil }
            waiting.count += 1
            waiting.next = (waiting.next + 1) % queues.count
            return queues[waiting.next]
        }
        guard let queue else { throw Problem.overloaded }
        return await withCheckedContinuation { continuation in
            queue.async {
                let result = work()
                self.waiting.withLock { $0.count -= 1 }
                continuation.resume(returning: result)
            }
        }
    }
}
