public import Domain

/// What became of a refresh token.
public enum SessionRotation: Hashable, Sendable {
    case rotated(Session)
    /// It was not the newest, or too old: the session has ended.
    case ended
    /// There is no such session.
    case unknown
}

/// Users and their logins.
public protocol AccountStore: Sendable {
    /// - Returns: False when the address is taken; nothing changed then.
    func create(_ user: User, passwordHash: String) async throws(Fault) -> Bool
    func user(_ id: UserID) async throws(Fault) -> User?
    func credentials(email: String) async throws(Fault) -> (user: User, passwordHash: String)?

    /// - Returns: The user as it is now, or nil when there is none.
    func setRole(_ role: User.Role, of user: UserID, action: StaffAction?) async throws(Fault) -> User?

    /// Adds a session. When the user has more than `sessionCountMax` then, those that end first are ended at once: they
    /// were not used for the longest time.
    ///
    /// - Parameter sessionCountMax: 1 or more.
    /// - Returns: The sessions that were ended.
    func create(_ session: Session, sessionCountMax: Int) async throws(Fault) -> [ID<Session>]
    /// Replaces a session's refresh token, if the one presented is the newest.
    ///
    /// A token that is not the newest means that somebody copied it: the session ends. So whoever calls this must know
    /// that the token presented was made for this session once; what was merely guessed must not come here.
    ///
    /// - Parameters:
    ///   - next: The hash of the token that follows.
    ///   - againForSeconds: For so long after a rotation to `next`, the same rotation once more is `rotated` too and
    ///     changes nothing, so that an answer may be lost. It needs a `next` that follows from the token presented;
    ///     with 0, or a `next` that is new each time, a token is good once.
    func rotate(
        _ session: ID<Session>, from presented: [UInt8], to next: [UInt8], expiresAt: Timestamp, now: Timestamp,
        againForSeconds: Int
    ) async throws(Fault) -> SessionRotation
    /// Ends a session. Not an error when it has ended before.
    func end(_ session: ID<Session>) async throws(Fault)
    /// Forgets sessions that expired more than so long ago, by the store's own clock.
    func forgetSessions(expiredForSeconds seconds: Int) async throws(Fault)
}
