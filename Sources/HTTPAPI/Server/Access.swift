internal import Crypto
internal import Domain
internal import Engine
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Ports

/// How often one user or address may ask, by class of route.
///
/// Behind one address there may be a dormitory or a mobile carrier's network, with thousands of fans who have done
/// nothing wrong. So limits of addresses are many times those of users: they keep a single machine from taking a large
/// part of the server, and no more.
public struct RateLimits: Sendable {
    var read = RateLimit(perSecond: 50, burst: 300)
    var write = RateLimit(perSecond: 50, burst: 500)
    var poll = RateLimit(perSecond: 5, burst: 50)
    var login = RateLimit(perSecond: 20, burst: 300)
    var address = RateLimit(perSecond: 500, burst: 2_000)
    /// Access tokens that have to be verified, by address. A good one is verified once and remembered, so 90,000 fans
    /// behind one address can renew theirs every quarter of an hour; bad ones cost each time.
    var token = RateLimit(perSecond: 100, burst: 2_000)
    /// Passwords tried on one account, wherever they come from: some 3,000 a day.
    var password = RateLimit(perSecond: 1.0 / 30, burst: 20)
    /// All calls of one address, also those of users, in one process. 5,000 fans who wait ask a thousand times a
    /// second, and open the pages with some requests each; a core answers tens of thousands.
    var call = RateLimit(perSecond: 2_000, burst: 10_000)
    let isOn: Bool

    /// - Parameter factor: Multiplies every limit; 0 turns them off.
    public init(factor: Double) {
        isOn = factor > 0
        for limit in [\RateLimits.read, \.write, \.poll, \.login, \.address, \.token, \.password, \.call] {
            // Limiters take one token an hour and more.
            self[keyPath: limit].perSecond = max(1.0 / 3600, self[keyPath: limit].perSecond * factor)
            // A bucket that never holds a whole token would never let anyone through.
            self[keyPath: limit].burst = max(1, self[keyPath: limit].burst * factor)
        }
    }
}

/// The class of a route, for its limit.
enum RateClass: String {
    case read, write, poll, login, token, password
}

/// Who may come in, and how often.
struct Access: Sendable {
    let tokens: AccessTokens
    let limiter: any RateLimiter
    let limits: RateLimits
    let clock: any WallClock

    /// The fan or staff who asks. Throws when there is no good access token, or too many requests came.
    func user(_ request: Request, _ context: APIContext, _ rate: RateClass) async throws -> Identity {
        guard let identity = try await optionalUser(request, context, rate) else { throw Problem.notAuthenticated }
        return identity
    }

    /// The same, where anonymous may ask as well: nil without an `Authorization` header.
    func optionalUser(_ request: Request, _ context: APIContext, _ rate: RateClass) async throws -> Identity? {
        guard let header = request.headers[.authorization] else { return nil }
        let now = clock.now()
        guard header.hasPrefix("Bearer ") || header.hasPrefix("bearer "),
            let identity = try await tokens.identity(
                header.dropFirst(7), now: now,
                beforeVerifying: { try await limit(.address(context.address), .token) })
        else { throw Problem.notAuthenticated }
        try await limit(.user(identity.userID), rate)
        return identity
    }

    func staff(_ request: Request, _ context: APIContext) async throws -> Identity {
        let identity = try await user(request, context, .write)
        guard identity.role.isStaff else { throw Problem.notAllowed }
        return identity
    }

    func admin(_ request: Request, _ context: APIContext) async throws -> Identity {
        let identity = try await user(request, context, .write)
        guard identity.role == .admin else { throw Problem.notAllowed }
        return identity
    }

    /// Counts an anonymous request by its address.
    func anyone(_ context: APIContext, _ rate: RateClass) async throws {
        try await limit(.address(context.address), rate)
    }

    func limit(_ subject: RateKey.Subject, _ rate: RateClass) async throws {
        guard limits.isOn else { return }
        let now = clock.now()
        let limit: RateLimit
        switch (rate, subject) {
        case (.login, _): limit = limits.login
        case (.token, _): limit = limits.token
        case (.password, _): limit = limits.password
        case (_, .address): limit = limits.address
        case (.read, .user): limit = limits.read
        case (.write, .user): limit = limits.write
        case (.poll, .user): limit = limits.poll
        }
        if let waitMs = await limiter.take(RateKey(subject: subject, route: rate.rawValue), limit: limit, now: now) {
            throw Problem.tooManyRequests(retryAfterMs: waitMs)
        }
    }

    // MARK: Idempotency

    /// The key of a `POST`, scoped to user and route, with the hash of its body.
    ///
    /// - Parameter route: A word for the route with the ids of its path, so that one key on two paths is two keys.
    func idempotency(_ request: Request, user: UserID, route: String, body: ByteBuffer?) throws -> Idempotency {
        guard let key = request.headers[.idempotencyKey] else { throw Problem.idempotencyKeyMissing }
        guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Problem.idempotencyKeyMissing
        }
        var scope = SHA256()
        user.withBytes { scope.update(bufferPointer: $0) }
        for var part in [route, "\n", key] { part.withUTF8 { scope.update(bufferPointer: UnsafeRawBufferPointer($0)) } }
        guard let digest = scope.finalize().withUnsafeBytes({ Domain.Digest(bytes: $0) }) else {
            preconditionFailure("SHA-256 has 32 bytes")
        }
        let bodyHash = body.map { body in body.withUnsafeReadableBytes { SHA256.digest(of: $0) } }
        return Idempotency(scope: digest, requestHash: bodyHash ?? Domain.Digest(0, 0, 0, 0))
    }
}
