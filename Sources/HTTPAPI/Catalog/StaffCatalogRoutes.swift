internal import Domain
internal import Engine
internal import Hummingbird
internal import NIOCore
internal import Ports

/// `/admin/concerts` and `/admin/dates`: what staff do with the catalogue.
struct StaffCatalogRoutes: Sendable {
    private static let titleLengthMax = 200
    private static let detailsLengthMax = 5_000

    let engine: Engine
    let catalog: CatalogDesk
    let store: any Store
    let access: Access
    let clock: any WallClock

    init(_ parts: APIDependencies) {
        engine = parts.engine
        catalog = parts.catalog
        store = parts.store
        access = parts.access
        clock = parts.clock
    }

    // MARK: Concerts

    func concerts(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await access.staff(request, context)
        let page = try request.page(of: Concert.self)
        let concerts = try await store.concerts(
            search: try request.query("q", lengthMax: CatalogRoutes.searchLengthMax) ?? "", includeDrafts: true,
            before: page.before, limit: page.limit)
        return .json(JSONWriter.list(concerts, limit: page.limit, id: \.id) { $0.staffConcert($1) })
    }

    func createConcert(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.staff(request, context)
        let body = try await request.jsonBody()
        let draft = try Self.draft(reading: body)
        let idempotency = try access.idempotency(request, user: identity.userID, route: "concert", body: body)
        return try .answer(
            await catalog.createConcert(draft, by: identity.userID, idempotency: idempotency) { concert in
                EncodedAnswer(status: 201, body: concert.staffJSON)
            })
    }

    func concert(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await access.staff(request, context)
        guard let concert = try await store.concert(context.id()) else { throw Problem.notFound }
        return .json(concert.staffJSON)
    }

    func changeConcert(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.staff(request, context)
        let draft = try Self.draft(reading: try await request.jsonBody())
        guard let concert = try await catalog.changeConcert(context.id(), to: draft, by: identity.userID) else {
            throw Problem.notFound
        }
        return .json(concert.staffJSON)
    }

    func deleteConcert(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.staff(request, context)
        return try .deleted(await catalog.deleteConcert(context.id(), by: identity.userID))
    }

    // MARK: Dates

    /// All of a concert, those of a draft too.
    func dates(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await access.staff(request, context)
        guard let concert = try await store.concert(context.id()) else { throw Problem.notFound }
        var dates: [(ConcertDate, SeatMap?)] = []
        for date in try await store.dates(of: concert.id) {
            dates.append((date, try await engine.seatMap(of: date.id)))
        }
        let now = clock.now()
        return .json(
            JSONWriter.object { json in
                json.key("items")
                json.array(dates) { $0.date($1.0, map: $1.1, at: now) }
                json.key("nextCursor")
                json.null()
            })
    }

    func createDate(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.staff(request, context)
        let concert = try context.id(of: Concert.self)
        let body = try await request.jsonBody()
        let (draft, _) = try Self.date(reading: body, mayCancel: false)
        let idempotency = try access.idempotency(
            request, user: identity.userID, route: "date \(concert)", body: body)
        let now = clock.now()
        return try .answer(
            await catalog.createDate(of: concert, draft, by: identity.userID, idempotency: idempotency) { date in
                EncodedAnswer(status: 201, body: date.json(map: nil, at: now))
            })
    }

    func date(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await access.staff(request, context)
        guard let date = try await store.date(context.id()) else { throw Problem.notFound }
        return .json(date.json(map: try await engine.seatMap(of: date.id), at: clock.now()))
    }

    func changeDate(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.staff(request, context)
        let id = try context.id(of: ConcertDate.self)
        let (draft, isCancelled) = try Self.date(reading: try await request.jsonBody(), mayCancel: true)
        let changed = try await catalog.changeDate(id, by: identity.userID) { date in
            date.startsAt = draft.startsAt
            date.saleOpensAt = draft.saleOpensAt
            date.saleClosesAt = draft.saleClosesAt
            if let isCancelled { date.isCancelled = isCancelled }
        }
        guard let changed else { throw Problem.notFound }
        return .json(changed.json(map: try await engine.seatMap(of: id), at: clock.now()))
    }

    func deleteDate(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.staff(request, context)
        return try .deleted(await catalog.deleteDate(context.id(), by: identity.userID))
    }

    // MARK: Layouts

    func layout(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await access.staff(request, context)
        guard let document = try await store.layout(of: context.id()) else { throw Problem.notFound }
        return .json(document)
    }

    func replaceLayout(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.staff(request, context)
        let id = try context.id(of: ConcertDate.self)
        let body = try await request.jsonBody(limit: .layout)
        let layout = try LayoutReader.layout(reading: body)
        let refusal = try await catalog.replaceLayout(
            of: id, with: layout, document: Array(body.readableBytesView), by: identity.userID)
        if let refusal { throw Problem(refusal) }
        return .json(JSONWriter.object { $0.field("seatsTotal", layout.seatCount) })
    }

    // MARK: Bodies

    private static func draft(reading body: ByteBuffer) throws -> ConcertDraft {
        var title: LocalizedText?
        var draft = ConcertDraft(
            title: LocalizedText(ko: "", en: ""), artist: LocalizedText(ko: "", en: ""),
            venue: LocalizedText(ko: "", en: ""), details: LocalizedText(ko: "", en: ""), status: .published)
        try body.readJSON { field, json throws(InvalidRequest) in
            switch field {
            case "title": title = try localized(&json, maxLength: titleLengthMax)
            case "artist": draft.artist = try localized(&json, maxLength: titleLengthMax)
            case "venue": draft.venue = try localized(&json, maxLength: titleLengthMax)
            case "description": draft.details = try localized(&json, maxLength: detailsLengthMax)
            case "status":
                guard let status = Concert.Status(rawValue: try json.string(maxLength: 20)) else {
                    throw InvalidRequest(
                        ko: "DRAFT, PUBLISHED, CANCELLED 중 하나여야 합니다.", en: "It must be DRAFT, PUBLISHED or CANCELLED.")
                }
                draft.status = status
            default: throw JSONReader.unknownField()
            }
        }
        draft.title = try required(title, "title")
        guard !draft.title.ko.isEmpty else {
            throw Problem(InvalidRequest("title.ko", ko: "제목을 적어 주세요.", en: "Give it a title in Korean."))
        }
        return draft
    }

    /// `{ko, en}`, or one text for both languages.
    private static func localized(_ json: inout JSONReader, maxLength: Int) throws(InvalidRequest) -> LocalizedText {
        if json.isAtString() {
            let text = try json.string(maxLength: maxLength)
            return LocalizedText(ko: text, en: text)
        }
        var text = LocalizedText(ko: "", en: "")
        try json.object { field, json throws(InvalidRequest) in
            switch field {
            case "ko": text.ko = try json.string(maxLength: maxLength)
            case "en": text.en = try json.string(maxLength: maxLength)
            default: throw JSONReader.unknownField()
            }
        }
        return text
    }

    private static func date(reading body: ByteBuffer, mayCancel: Bool) throws -> (DateDraft, isCancelled: Bool?) {
        var starts: Timestamp?
        var opens: Timestamp?
        var closes: Timestamp?
        var isCancelled: Bool?
        try body.readJSON { field, json throws(InvalidRequest) in
            switch field {
            case "startsAt": starts = try json.timestamp()
            case "saleOpensAt": opens = try json.timestamp()
            case "saleClosesAt": closes = try json.timestamp()
            case "cancelled" where mayCancel: isCancelled = try json.boolean()
            default: throw JSONReader.unknownField()
            }
        }
        let draft = DateDraft(
            startsAt: try required(starts, "startsAt"), saleOpensAt: try required(opens, "saleOpensAt"),
            saleClosesAt: try required(closes, "saleClosesAt"))
        guard draft.saleOpensAt < draft.saleClosesAt else {
            throw Problem(
                InvalidRequest(
                    "saleClosesAt", ko: "판매 시작보다 뒤여야 합니다.", en: "It must be after saleOpensAt."))
        }
        return (draft, isCancelled)
    }
}

extension Response {
    fileprivate static func deleted(_ refusal: CatalogRefusal?) throws -> Response {
        if let refusal { throw Problem(refusal) }
        return Response(status: .noContent)
    }
}

extension Problem {
    init(_ refusal: CatalogRefusal) {
        switch refusal {
        case .notFound: self = .notFound
        case .hasReservations:
            self.init(
                .wrongState, ko: "이미 선점되었거나 판매된 좌석이 있어 바꿀 수 없습니다.",
                en: "Seats of it are or were held or sold, so this cannot be changed.")
        }
    }
}

extension Concert {
    /// As staff see it: in both languages.
    fileprivate var staffJSON: [UInt8] {
        var json = JSONWriter()
        json.staffConcert(self)
        return json.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func staffConcert(_ concert: Concert) {
        object { json in
            json.field("id", concert.id)
            json.localized("title", concert.title)
            json.localized("artist", concert.artist)
            json.localized("venue", concert.venue)
            json.localized("description", concert.details)
            json.field("status", concert.status.rawValue)
            json.field("createdAt", concert.createdAt)
        }
    }

    private mutating func localized(_ name: StaticString, _ text: LocalizedText) {
        key(name)
        object { json in
            json.field("ko", text.ko)
            json.field("en", text.en)
        }
    }
}
