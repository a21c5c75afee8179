internal import Domain
internal import Engine
internal import HTTPAPI
internal import Ports

/// Accounts that the program makes itself: the first administrator, and those of the demo.
struct HouseAccounts {
    let store: any AccountStore
    let passwords: PasswordHasher
    let ids: IDMint
    let clock: any WallClock

    /// Makes an account unless there is one with this address. What exists is left as it is.
    func make(email: String, password: String, name: String, role: User.Role) async throws {
        let email = email.lowercased()
        guard try await store.credentials(email: email) == nil else { return }
        let now = clock.now()
        let user = User(id: ids.next(at: now), email: email, name: name, role: role, createdAt: now)
        _ = try await store.create(user, passwordHash: try await passwords.hash(password))
    }
}
