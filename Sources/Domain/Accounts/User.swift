/// Someone with an account: a fan, or staff of the organiser.
public struct User: Hashable, Sendable {
    public enum Role: String, CaseIterable, Sendable {
        case fan = "FAN"
        case staff = "STAFF"
        case admin = "ADMIN"
    }

    public let id: UserID
    /// Lower-cased, trimmed, unique.
    public var email: String
    public var name: String
    public var role: Role
    public let createdAt: Timestamp

    public init(id: UserID, email: String, name: String, role: Role, createdAt: Timestamp) {
        self.id = id
        self.email = email
        self.name = name
        self.role = role
        self.createdAt = createdAt
    }
}

extension User.Role {
    /// Staff and administrators may run sales; only administrators say who is staff.
    public var isStaff: Bool { self != .fan }
}

/// One login on one device: a chain of refresh tokens of which only the newest is good.
///
/// Presenting an older one means that somebody copied it, so the whole family ends.
public struct Session: Hashable, Sendable {
    public let id: ID<Session>
    public let userID: UserID
    /// SHA-256 of the refresh token that is good now. The token itself is never stored.
    public var refreshTokenHash: [UInt8]
    public var expiresAt: Timestamp

    public init(id: ID<Session>, userID: UserID, refreshTokenHash: [UInt8], expiresAt: Timestamp) {
        self.id = id
        self.userID = userID
        self.refreshTokenHash = refreshTokenHash
        self.expiresAt = expiresAt
    }

    /// Whether its newest token is `next` already, since less than so many seconds. A rotation moves the end of the
    /// session, so how far it would move now tells how long ago that was.
    ///
    /// - Parameter end: When the session would end if it were rotated now.
    public func wasRotated(to next: [UInt8], within seconds: Int, of end: Timestamp, now: Timestamp) -> Bool {
        refreshTokenHash == next && expiresAt > now && end < expiresAt.adding(seconds: seconds)
    }
}
