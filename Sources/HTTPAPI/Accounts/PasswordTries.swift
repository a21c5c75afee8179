internal import Crypto
internal import Domain
internal import Ports
internal import Synchronization

/// Limits how often passwords are tried on one account, from however many addresses.
///
/// Whoever floods an account with wrong ones does not lock its owner out: logins that exist go on, and an address from
/// which the right password came lately has a count of its own. That is remembered by this process only; forgetting it
/// costs the owner of an account under attack a wait, and nobody else anything.
final class PasswordTries: Sendable {
    /// Pairs of account and address remembered in each of two generations: some 20 bytes each.
    private static let familiarMax = 100_000

    private let access: Access
    private let familiar = Mutex((new: Set<UserID>(), old: Set<UserID>()))

    init(access: Access) {
        self.access = access
    }

    /// Counts a try.
    ///
    /// - Parameter email: Of an account or of none: the answer must not tell which.
    func take(_ email: String, from address: String) async throws {
        let place = Self.subject([email, address])
        let isFamiliar = familiar.withLock { $0.new.contains(place) || $0.old.contains(place) }
        try await access.limit(.user(isFamiliar ? place : Self.subject([email])), .password)
    }

    /// Remembers where the right password came from.
    func wasRight(_ email: String, from address: String) {
        let place = Self.subject([email, address])
        familiar.withLock { familiar in
            if familiar.new.count >= Self.familiarMax { familiar = (new: [], old: familiar.new) }
            familiar.new.insert(place)
        }
    }

    /// What is counted, as the id of a user that there is not: from a hash, so that nobody can choose one.
    private static func subject(_ parts: [String]) -> UserID {
        let digest = Array(SHA256.hash(data: [UInt8](parts.joined(separator: "\n").utf8)))
        let halves = [digest[0..<8], digest[8..<16]].map { $0.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
        return UserID(high: halves[0], low: halves[1])
    }
}
