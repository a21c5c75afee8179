internal import Domain
internal import Engine
internal import HTTPTypes
internal import Hummingbird
internal import Ports

/// Registering, logging in and out.
struct AccountRoutes: Sendable {
    private static let emailLengthMax = 254
    private static let passwordLength = 8...128
    private static let nameLengthMax = 80
    /// A login that is not used for this long ends.
    private static let sessionSeconds = 30 * 24 * 3600
    /// A refresh of a page whose answer was lost may be asked once more for so long.
    private static let againForSeconds = 20
    /// Sessions of one user. One more ends the one that was not used for the longest time.
    private static let sessionCountMax = 50

    let store: any AccountStore
    let passwords: PasswordHasher
    let tokens: AccessTokens
    let sessionCookie: SessionCookie
    let access: Access
    let tries: PasswordTries
    let ids: IDMint
    let clock: any WallClock

    init(_ parts: APIDependencies) {
        store = parts.store
        passwords = parts.passwords
        tokens = parts.accessTokens
        sessionCookie = SessionCookie(isSecure: parts.isPublicURLSecure)
        access = parts.access
        tries = PasswordTries(access: parts.access)
        ids = parts.ids
        clock = parts.clock
    }

    /// `POST /users`. The same address and password again is the same user again; another password is refused.
    func register(_ request: Request, _ context: APIContext) async throws -> Response {
        try await access.anyone(context, .login)
        var email: String?
        var password: String?
        var name: String?
        _ = try await request.readJSON { field, json throws(InvalidRequest) in
            switch field {
            case "email": email = try Self.email(&json)
            case "password":
                password = try json.string(
                    minLength: Self.passwordLength.lowerBound, maxLength: Self.passwordLength.upperBound)
            case "name": name = try json.string(minLength: 1, maxLength: Self.nameLengthMax)
            default: throw JSONReader.unknownField()
            }
        }
        let now = clock.now()
        let user = User(
            id: ids.next(at: now), email: try required(email, "email"), name: try required(name, "name"), role: .fan,
            createdAt: now)
        let given = try required(password, "password")
        // Looked up first: a taken address should not cost a hash to find out.
        if try await store.credentials(email: user.email) == nil {
            let hash = try await passwords.hash(given)
            if try await store.create(user, passwordHash: hash) { return .json(user.json, status: .created) }
        }
        // This answers whether a password is right, as logging in does.
        try await tries.take(user.email, from: context.address)
        guard let known = try await store.credentials(email: user.email),
            try await passwords.verify(given, against: known.passwordHash)
        else {
            throw Problem(
                .emailTaken, ko: "이미 가입된 이메일입니다. 로그인하거나 다른 이메일을 써 주세요.",
                en: "There is an account with this email. Log in, or use another address.")
        }
        return .json(known.user.json, status: .created)
    }

    /// `GET /users/me`.
    func me(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.user(request, context, .read)
        guard let user = try await store.user(identity.userID) else { throw Problem.notAuthenticated }
        return .json(user.json)
    }

    /// `POST /sessions`.
    func logIn(_ request: Request, _ context: APIContext) async throws -> Response {
        try await access.anyone(context, .login)
        var email: String?
        var password: String?
        _ = try await request.readJSON { field, json throws(InvalidRequest) in
            switch field {
            case "email": email = try Self.email(&json)
            case "password": password = try json.string(maxLength: Self.passwordLength.upperBound)
            default: throw JSONReader.unknownField()
            }
        }
        let given = try required(password, "password")
        let address = try required(email, "email")
        try await tries.take(address, from: context.address)
        let known = try await store.credentials(email: address)
        // Without an account a hash is computed all the same, so that the time does not tell which addresses exist.
        let isRight = try await passwords.verify(given, against: known?.passwordHash ?? Self.nobodysHash)
        guard let known, isRight else {
            throw Problem(
                .credentialsWrong, ko: "이메일 또는 비밀번호가 맞지 않습니다.", en: "The email or the password is wrong.")
        }
        tries.wasRight(address, from: context.address)
        let now = clock.now()
        let token = RefreshToken(sessionID: ids.next(at: now), secret: ids.seed())
        let ended = try await store.create(
            Session(
                id: token.sessionID, userID: known.user.id, refreshTokenHash: token.hash,
                expiresAt: now.adding(seconds: Self.sessionSeconds)), sessionCountMax: Self.sessionCountMax)
        for session in ended { tokens.end(session, now: now) }
        return try await answer(known.user, token, request, status: .created, now: now)
    }

    /// `POST /sessions/refresh`. A refresh token is good once; one that comes again ends its whole family. Only one that
    /// this server made does: its seal is looked at first, so that knowing a session's id is not enough to end it.
    ///
    /// Pages bring theirs in a cookie, without a body. They may lose an answer with the network, so for some seconds the
    /// token before the newest gets the same answer again.
    func refresh(_ request: Request, _ context: APIContext) async throws -> Response {
        try await access.anyone(context, .login)
        let text = request.isOfPages ? sessionCookie.read(request) : try await Self.refreshToken(request)
        guard let presented = text.flatMap({ tokens.unseal($0) }) else { throw Problem.notAuthenticated }
        let now = clock.now()
        let next =
            request.isOfPages
            ? tokens.successor(of: presented) : RefreshToken(sessionID: presented.sessionID, secret: ids.seed())
        let rotated = try await store.rotate(
            presented.sessionID, from: presented.hash, to: next.hash,
            expiresAt: now.adding(seconds: Self.sessionSeconds), now: now,
            againForSeconds: request.isOfPages ? Self.againForSeconds : 0)
        switch rotated {
        case .rotated(let rotated):
            guard let user = try await store.user(rotated.userID) else { throw Problem.notAuthenticated }
            return try await answer(user, next, request, status: .ok, now: now)
        case .ended:
            tokens.end(presented.sessionID, now: now)
            throw Problem.notAuthenticated
        case .unknown: throw Problem.notAuthenticated
        }
    }

    /// `DELETE /sessions`.
    func logOut(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.user(request, context, .write)
        try await store.end(identity.sessionID)
        tokens.end(identity.sessionID, now: clock.now())
        var response = Response(status: .noContent)
        if request.isOfPages { response.headers[.setCookie] = sessionCookie.cleared }
        return response
    }

    // MARK: How

    private static func refreshToken(_ request: Request) async throws -> String {
        var text: String?
        _ = try await request.readJSON { field, json throws(InvalidRequest) in
            switch field {
            case "refreshToken": text = try json.string(maxLength: 200)
            default: throw JSONReader.unknownField()
            }
        }
        return try required(text, "refreshToken")
    }

    /// The tokens of a session. Pages get the refresh token where no script can read it.
    private func answer(
        _ user: User, _ token: RefreshToken, _ request: Request, status: HTTPResponse.Status, now: Timestamp
    ) async throws -> Response {
        let accessToken = try await tokens.issue(for: user, session: token.sessionID, now: now)
        let refreshToken = tokens.seal(token)
        let body = JSONWriter.object { json in
            json.field("accessToken", accessToken)
            if !request.isOfPages { json.field("refreshToken", refreshToken) }
            json.field("expiresIn", AccessTokens.lifetimeSeconds)
            json.field("tokenType", "Bearer")
        }
        var response = Response.json(body, status: status)
        if request.isOfPages {
            response.headers[.setCookie] = sessionCookie.holding(refreshToken, seconds: Self.sessionSeconds)
        }
        return response
    }

    /// An address in lower case. Whether it exists only a mail can tell; this keeps out what cannot be one.
    private static func email(_ json: inout JSONReader) throws(InvalidRequest) -> String {
        let text = try json.string(minLength: 3, maxLength: emailLengthMax).lowercased()
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, parts[1].contains("."), !parts[1].hasPrefix("."),
            !parts[1].hasSuffix("."), !text.unicodeScalars.contains(where: { $0.value <= 0x20 || $0.value == 0x7F })
        else { throw InvalidRequest(ko: "올바른 이메일이 아닙니다.", en: "This is not an email address.") }
        return text
    }

    /// A hash that no password has, with the parameters of all others.
    private static let nobodysHash =
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
}

extension User {
    var json: [UInt8] {
        JSONWriter.object { json in
            json.field("id", id)
            json.field("email", email)
            json.field("name", name)
            json.field("role", role.rawValue)
        }
    }
}
