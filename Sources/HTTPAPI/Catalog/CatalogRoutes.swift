internal import Domain
internal import Engine
internal import HTTPTypes
internal import Hummingbird
internal import Ports

/// Browsing concerts and dates.
struct CatalogRoutes: Sendable {
    static let searchLengthMax = 100

    let engine: Engine
    let store: any Store
    let access: Access
    let clock: any WallClock

    init(_ parts: APIDependencies) {
        engine = parts.engine
        store = parts.store
        access = parts.access
        clock = parts.clock
    }

    /// `GET /concerts`.
    func concerts(_ request: Request, _ context: APIContext) async throws -> Response {
        try await access.anyone(context, .read)
        let page = try request.page(of: Concert.self)
        let search = try request.query("q", lengthMax: Self.searchLengthMax) ?? ""
        let concerts = try await store.concerts(
            search: search, includeDrafts: false, before: page.before, limit: page.limit)
        let language = request.language
        let dates = concerts.isEmpty ? [] : try await store.dates(of: concerts.map(\.id))
        let datesByConcert = Dictionary(grouping: dates, by: \.concertID)
        let body = JSONWriter.list(concerts, limit: page.limit, id: \.id) { json, concert in
            json.concert(concert, on: ConcertSchedule(of: datesByConcert[concert.id] ?? []), in: language)
        }
        return .json(body, cache: "public, max-age=5", language: language)
    }

    /// `GET /concerts/{id}`.
    func concert(_ request: Request, _ context: APIContext) async throws -> Response {
        try await access.anyone(context, .read)
        let concert = try await published(context.id())
        let schedule = ConcertSchedule(of: try await store.dates(of: concert.id))
        let language = request.language
        var json = JSONWriter()
        json.concert(concert, on: schedule, in: language)
        return .json(json.bytes, cache: "public, max-age=5", language: language)
    }

    /// `GET /concerts/{id}/dates`.
    func dates(_ request: Request, _ context: APIContext) async throws -> Response {
        try await access.anyone(context, .read)
        let concert = try await published(context.id())
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

    /// `GET /dates/{id}`.
    func date(_ request: Request, _ context: APIContext) async throws -> Response {
        try await access.anyone(context, .read)
        guard let date = try await store.date(context.id()), let map = try await engine.seatMap(of: date.id),
            map.isPublic
        else { throw Problem.notFound }
        return .json(date.json(map: map, at: clock.now()))
    }

    private func published(_ id: ConcertID) async throws -> Concert {
        guard let concert = try await store.concert(id), concert.status != .draft else { throw Problem.notFound }
        return concert
    }
}

extension Request {
    var language: Language { Language(accepting: headers[.acceptLanguage]) }
}

extension ConcertDate {
    func json(map: SeatMap?, at now: Timestamp) -> [UInt8] {
        var json = JSONWriter()
        json.date(self, map: map, at: now)
        return json.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func concert(_ concert: Concert, on schedule: ConcertSchedule?, in language: Language) {
        object { json in
            json.field("id", concert.id)
            json.field("title", concert.title[language])
            json.field("artist", concert.artist[language])
            json.field("venue", concert.venue[language])
            json.field("description", concert.details[language])
            json.field("status", concert.status.rawValue)
            json.schedule(schedule)
        }
    }

    mutating func date(_ date: ConcertDate, map: SeatMap?, at now: Timestamp) {
        object { json in
            json.field("id", date.id)
            json.field("concertId", date.concertID)
            json.field("startsAt", date.startsAt)
            json.field("saleOpensAt", date.saleOpensAt)
            json.field("saleClosesAt", date.saleClosesAt)
            json.field("status", date.status(at: now).rawValue)
            json.key("grades")
            json.array(date.grades) { $0.grade($1) }
            let counts = map?.counts ?? SeatCounts(total: 0, available: 0, sold: 0)
            json.field("seatsTotal", counts.total)
            json.field("seatsAvailable", counts.available)
            json.field("layoutVersion", map?.layout.version ?? "0")
            json.field("seatsPerFanMax", date.queue.seatsPerFanMax)
        }
    }

    mutating func grade(_ grade: Grade) {
        object { json in
            json.field("name", grade.name)
            json.field("price", grade.price)
        }
    }
}
