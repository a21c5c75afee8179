internal import Crypto
internal import Domain
internal import Engine
internal import Hummingbird
internal import NIOCore
internal import Ports

/// The queue before a sale.
struct QueueRoutes: Sendable {
    let room: any WaitingRoom
    let doorkeeper: Doorkeeper
    let store: any CatalogStore
    let tokens: QueueTokens
    let access: Access
    let clock: any WallClock

    init(_ parts: APIDependencies) {
        room = parts.room
        doorkeeper = parts.doorkeeper
        store = parts.store
        tokens = parts.queueTokens
        access = parts.access
        clock = parts.clock
    }

    /// `POST /queue/token`: takes a place, or gives the one that the fan has.
    func join(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.user(request, context, .poll)
        var wanted: DateID?
        _ = try await request.readJSON { field, json throws(InvalidRequest) in
            switch field {
            case "dateId": wanted = try json.id()
            default: throw JSONReader.unknownField()
            }
        }
        let date = try required(wanted, "dateId")
        let now = clock.now()
        let brought = request.headers[.queueToken].flatMap { tokens.read($0, now: now) }
        let number = brought.flatMap { $0.userID == identity.userID && $0.dateID == date ? $0.number : nil }
        var place = try await room.join(date, fan: identity.userID, bringing: number, now: now)
        if place == nil {
            try await openRoom(of: date, now: now)
            place = try await room.join(date, fan: identity.userID, bringing: number, now: now)
        }
        guard let place else { throw Problem(Refusal.saleClosed) }
        let token = tokens.issue(place.token(of: identity.userID, on: date, now: now))
        return .json(place.json(token: token, date: date))
    }

    /// `GET /queue/token`: where the fan stands. The queue token alone is enough, so that a long wait survives the
    /// access token; when both come, they must be of one fan.
    func poll(_ request: Request, _ context: APIContext) async throws -> Response {
        let now = clock.now()
        let (presented, token) = try await own(request, context, now: now)
        var found = try await room.place(of: token.userID, on: token.dateID, bringing: token.number, now: now)
        if found == nil, token.number == 0 {
            // A place from before the draw is the account's: after a restart it is simply taken again.
            found = try await room.join(token.dateID, fan: token.userID, bringing: nil, now: now)
        }
        guard let place = found else { throw Problem.queueTokenInvalid }
        if place.number == token.number, place.activeUntil == token.activeUntil {
            return .json(place.json(token: presented.utf8, date: token.dateID))
        }
        let renewed = tokens.issue(place.token(of: token.userID, on: token.dateID, now: now))
        return .json(place.json(token: renewed, date: token.dateID))
    }

    /// `DELETE /queue/token`.
    func leave(_ request: Request, _ context: APIContext) async throws -> Response {
        let now = clock.now()
        let (_, token) = try await own(request, context, now: now)
        try await room.leave(token.dateID, fan: token.userID, now: now)
        return Response(status: .noContent)
    }

    /// `GET /dates/{id}/queue`: what everyone may know. Cacheable for a second.
    func figures(_ request: Request, _ context: APIContext) async throws -> Response {
        try await access.anyone(context, .read)
        let date = try context.id(of: ConcertDate.self)
        let found = try await published(date)
        let now = clock.now()
        let figures = try await room.figures(of: date, now: now)
        return .json(found.queueJSON(figures, now: now), cache: "public, max-age=1")
    }

    // MARK: How

    /// The queue token of a request, if it is good and of the fan who asks.
    private func own(_ request: Request, _ context: APIContext, now: Timestamp) async throws -> (
        text: String, token: QueueToken
    ) {
        let identity = try await access.optionalUser(request, context, .poll)
        if identity == nil { try await access.anyone(context, .poll) }
        guard let text = request.headers[.queueToken], let token = tokens.read(text, now: now),
            identity.map({ $0.userID == token.userID }) ?? true
        else { throw Problem.queueTokenInvalid }
        return (text, token)
    }

    /// A date of a concert that is no draft.
    private func published(_ date: DateID) async throws -> ConcertDate {
        guard let found = try await store.date(date), let concert = try await store.concert(found.concertID),
            concert.status != .draft
        else { throw Problem.notFound }
        return found
    }

    /// Opens the room of a date that this process has not seen yet.
    private func openRoom(of date: DateID, now: Timestamp) async throws {
        let found = try await published(date)
        switch found.status(at: now) {
        case .scheduled, .onSale: try await doorkeeper.open(found.id)
        case .closed, .cancelled: throw Problem(Refusal.saleClosed)
        }
    }
}

extension QueuePlace {
    fileprivate var activeUntil: Timestamp? { status == .active ? expiresAt : nil }

    fileprivate func token(of fan: UserID, on date: DateID, now: Timestamp) -> QueueToken {
        QueueToken(dateID: date, userID: fan, number: number, activeUntil: activeUntil, issuedAt: now)
    }

    fileprivate func json(token: some Sequence<UInt8>, date: DateID) -> [UInt8] {
        JSONWriter.object(capacity: 384) { json in
            json.key("token")
            json.value(plain: token)
            json.field("dateId", date)
            json.field("status", status.rawValue)
            json.field("number", optional: number > 0 ? Int(number) : nil)
            switch status {
            case .active:
                json.field("position", 0)
                json.field("ahead", 0)
                json.field("estimatedWaitSeconds", 0)
            case .waiting:
                json.field("position", optional: ahead.map { $0 + 1 })
                json.field("ahead", optional: ahead)
                json.field("estimatedWaitSeconds", optional: estimatedWaitSeconds)
            }
            json.field("pollAfterMs", pollAfterMs)
            json.field("expiresAt", expiresAt)
            json.field("soldOut", isSoldOut)
        }
    }
}

extension ConcertDate {
    fileprivate func queueJSON(_ figures: QueueFigures?, now: Timestamp) -> [UInt8] {
        JSONWriter.object { json in
            json.field("dateId", id)
            json.figures(figures)
            json.field("opensAt", saleOpensAt)
            json.field("drawCommitment", SHA256.hash(data: drawSeed).hexText)
            json.field("drawSeed", optional: isSeedPublic(figures, now: now) ? drawSeed.hexText : nil)
        }
    }

    /// Whoever knows the seed can choose accounts by their lots, so it is shown only when nobody gathers any more. That
    /// is the room's to say: its clock may be another one than this process's. A date that sells no more has none.
    func isSeedPublic(_ figures: QueueFigures?, now: Timestamp) -> Bool {
        if let figures { return figures.hasDrawn }
        switch status(at: now) {
        case .scheduled, .onSale: return false
        case .closed, .cancelled: return saleOpensAt <= now
        }
    }
}

extension JSONWriter {
    /// The members that tell how a queue moves.
    mutating func figures(_ figures: QueueFigures?) {
        field("waiting", figures?.waiting ?? 0)
        field("active", figures?.active ?? 0)
        field("calledUpTo", figures?.calledUpTo ?? 0)
        field("admittedPerSecond", figures?.admittedPerSecond ?? 0)
        field("paused", figures?.isPaused ?? false)
        field("soldOut", figures?.isSoldOut ?? false)
    }
}

extension Sequence<UInt8> {
    /// Two hexadecimal digits a byte.
    fileprivate var hexText: String {
        map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
