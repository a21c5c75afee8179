internal import Crypto
internal import Domain
internal import JWTKit
internal import Ports
internal import Synchronization

/// Who is asking, as an access token says.
struct Identity: Hashable, Sendable {
    let userID: UserID
    let role: User.Role
    let sessionID: ID<Session>
    let expiresAt: Timestamp
}

/// Access tokens: JWT signed with HS256 by a ring of keys, of which the first signs and all verify.
///
/// Verifying one costs some 50 µs, mostly JSON; so tokens that were verified are remembered, by their SHA-256, in a
/// bounded cache. Sessions that ended are remembered until the last of their tokens runs out.
public final class AccessTokens: Sendable {
    /// How long an access token is good for.
    static let lifetimeSeconds = 900
    /// Verified tokens remembered in each of two generations: about 100 bytes each.
    private static let rememberedMax = 100_000

    private let keys: JWTKeyCollection
    /// Seal refresh tokens: made of the same secrets, and of no use for anything else.
    private let sealKeys: [SymmetricKey]
    private let signingKeyID: JWKIdentifier
    private let state = Mutex(State())

    private struct State {
        var verified: [Domain.Digest: Identity] = [:]
        var verifiedBefore: [Domain.Digest: Identity] = [:]
        var ended: [ID<Session>: Timestamp] = [:]

        func isGood(_ identity: Identity, now: Timestamp) -> Bool {
            identity.expiresAt > now && (ended.isEmpty || ended[identity.sessionID] == nil)
        }
    }

    /// - Parameter secrets: 32 bytes or more each, the newest first. Older ones still verify.
    public init(secrets: [[UInt8]]) async {
        precondition(!secrets.isEmpty && secrets.allSatisfy { $0.count >= 32 }, "an access token key is too short")
        keys = JWTKeyCollection()
        for secret in secrets {
            await keys.add(
                hmac: HMACKey(key: SymmetricKey(data: secret)), digestAlgorithm: .sha256,
                kid: JWKIdentifier(string: Self.name(of: secret)))
        }
        sealKeys = secrets.map { secret in
            HKDF<SHA256>.deriveKey(
                inputKeyMaterial: SymmetricKey(data: secret), info: [UInt8]("jari refresh token".utf8),
                outputByteCount: 32)
        }
        signingKeyID = JWKIdentifier(string: Self.name(of: secrets[0]))
    }

    /// A key's name in the header: the start of its hash, so that a ring needs no numbering.
    private static func name(of secret: [UInt8]) -> String {
        SHA256.hash(data: secret).prefix(6).map { String($0, radix: 16) }.joined()
    }

    private struct Payload: JWTPayload {
        var sub: String
        var sid: String
        var role: String
        var exp: Int64
        func verify(using _: some JWTAlgorithm) async throws {}
    }

    func issue(for user: User, session: ID<Session>, now: Timestamp) async throws -> String {
        let payload = Payload(
            sub: user.id.description, sid: session.description, role: user.role.rawValue,
            exp: now.adding(seconds: Self.lifetimeSeconds).milliseconds / 1000)
        return try await keys.sign(payload, kid: signingKeyID)
    }

    /// Who presents this token; nil when it is forged, expired, or its session has ended.
    ///
    /// - Parameter beforeVerifying: Called unless the token was good before, also for one that is good now: so whoever
    ///   guesses learns nothing from how often they may.
    func identity(_ token: Substring, now: Timestamp, beforeVerifying: () async throws -> Void) async throws
        -> Identity?
    {
        // What cannot be a token is counted like one that is wrong.
        guard token.utf8.count < 2_000 else {
            try await beforeVerifying()
            return nil
        }
        let digest = SHA256.digest(of: token)
        if let known = remembered(digest, now: now) { return known }
        try await beforeVerifying()
        guard let payload = try? await keys.verify(String(token), as: Payload.self),
            let userID = UserID(payload.sub), let sessionID = ID<Session>(payload.sid),
            let role = User.Role(rawValue: payload.role), (0..<Int64.max / 1000).contains(payload.exp)
        else { return nil }
        let identity = Identity(
            userID: userID, role: role, sessionID: sessionID, expiresAt: Timestamp(milliseconds: payload.exp * 1000))
        return remember(identity, as: digest, now: now)
    }

    /// The text of a refresh token, with a seal that only this server can make.
    func seal(_ token: RefreshToken) -> String {
        token.text(seal: Array(HMAC<SHA256>.authenticationCode(for: token.sealed, using: sealKeys[0])))
    }

    /// A refresh token that this server made, whether or not it is still good; nil for anything else.
    func unseal(_ text: String) -> RefreshToken? {
        guard let (token, seal) = RefreshToken.read(text),
            sealKeys.contains(where: {
                HMAC<SHA256>.isValidAuthenticationCode(seal, authenticating: token.sealed, using: $0)
            })
        else { return nil }
        return token
    }

    /// The token that follows this one where the same question must have the same answer: whoever asks again, because the
    /// first answer was lost, gets the same token. Nobody but this server can compute it.
    func successor(of token: RefreshToken) -> RefreshToken {
        let message = Array("jari-refresh-successor\n".utf8) + token.sealed
        return RefreshToken(
            sessionID: token.sessionID, secret: Array(HMAC<SHA256>.authenticationCode(for: message, using: sealKeys[0]))
        )
    }

    /// Ends the access tokens of a session at once, in this process.
    func end(_ session: ID<Session>, now: Timestamp) {
        state.withLock { state in
            state.ended = state.ended.filter { $0.value > now }
            state.ended[session] = now.adding(seconds: Self.lifetimeSeconds)
        }
    }

    private func remembered(_ digest: Domain.Digest, now: Timestamp) -> Identity? {
        state.withLock { state -> Identity? in
            guard let identity = state.verified[digest] ?? state.verifiedBefore[digest] else { return nil }
            return state.isGood(identity, now: now) ? identity : nil
        }
    }

    private func remember(_ identity: Identity, as digest: Domain.Digest, now: Timestamp) -> Identity? {
        state.withLock { state -> Identity? in
            guard state.isGood(identity, now: now) else { return nil }
            if state.verified.count >= Self.rememberedMax {
                state.verifiedBefore = state.verified
                state.verified = [:]
            }
            state.verified[digest] = identity
            return identity
        }
    }
}

extension SHA256 {
    /// The hash of some bytes, as a value that is a key without allocating.
    static func digest(of bytes: UnsafeRawBufferPointer) -> Domain.Digest {
        let hash = SHA256.hash(bytes: bytes)
        guard let digest = hash.withUnsafeBytes({ Domain.Digest(bytes: $0) }) else {
            preconditionFailure("SHA-256 has 32 bytes")
        }
        return digest
    }

    static func digest(of text: Substring) -> Domain.Digest {
        var text = text
        return text.withUTF8 { digest(of: UnsafeRawBufferPointer($0)) }
    }

    private static func hash(bytes: UnsafeRawBufferPointer) -> SHA256.Digest {
        var hasher = SHA256()
        hasher.update(bufferPointer: bytes)
        return hasher.finalize()
    }
}
