public import Domain

/// Who asks for what: what a rate is counted by.
public struct RateKey: Hashable, Sendable {
    public enum Subject: Hashable, Sendable {
        case user(UserID)
        case address(String)
    }

    public let subject: Subject
    /// The class of routes: "read", "write", "login" …
    public let route: String

    public init(subject: Subject, route: String) {
        self.subject = subject
        self.route = route
    }
}

/// A token bucket: `perSecond` tokens flow in, at most `burst` are kept.
public struct RateLimit: Hashable, Sendable {
    public var perSecond: Double
    public var burst: Double

    public init(perSecond: Double, burst: Double) {
        self.perSecond = perSecond
        self.burst = burst
    }
}

public protocol RateLimiter: Sendable {
    /// Takes one token.
    ///
    /// - Returns: Nil when there was one, else the milliseconds until the next.
    func take(_ key: RateKey, limit: RateLimit, now: Timestamp) async -> Int?
}
