internal import Domain
internal import Engine
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Ports

/// The seats of a date: as a list, as a layout, and as compact states. All from memory.
struct SeatRoutes: Sendable {
    /// The version of a layout is shorter; a longer one was never given out.
    private static let versionLengthMax = 64

    let engine: Engine
    let access: Access
    private let statuses = SeatStatusCache()
    private let lists = VersionedDocuments()
    private let layouts = VersionedDocuments()

    init(_ parts: APIDependencies) {
        engine = parts.engine
        access = parts.access
    }

    /// `GET /dates/{id}/seats`.
    func seats(_ request: Request, _ context: APIContext) async throws -> Response {
        try await access.anyone(context, .read)
        let map = try await map(context)
        let section = try request.query("section", lengthMax: LayoutReader.nameLengthMax)
        let wanted = try request.query("status").map { text throws(Problem) in
            guard let state = SeatState(rawValue: text) else {
                throw Problem(
                    InvalidRequest(
                        "status", ko: "AVAILABLE, PENDING, CONFIRMED, PAID, BLOCKED 중 하나여야 합니다.",
                        en: "It must be AVAILABLE, PENDING, CONFIRMED, PAID or BLOCKED."))
            }
            return state
        }
        let (version, states) = map.states()
        guard section == nil, wanted == nil else {
            return .json(
                map.layout.list(version, states) { place, state in
                    wanted.map { $0 == state } ?? true && section.map { $0 == place.label.section } ?? true
                }, cache: "no-cache")
        }
        let all = lists.document(of: map.layout.dateID, version: "\(version)") {
            map.layout.list(version, states) { _, _ in true }
        }
        return .json(all, cache: "no-cache")
    }

    /// `GET /dates/{id}/seatmap`: the layout alone. With its version in the address it never changes.
    func layout(_ request: Request, _ context: APIContext) async throws -> Response {
        try await access.anyone(context, .read)
        let layout = try await map(context).layout
        let (etag, etagOfGzip) = ("\"\(layout.version)\"", "\"\(layout.version)-gz\"")
        let isPinned = try request.query("v", lengthMax: Self.versionLengthMax) == layout.version
        let cache = isPinned ? "public, max-age=31536000, immutable" : "public, max-age=60"
        for known in [etag, etagOfGzip] where request.has(known) {
            return Response(
                status: .notModified, headers: [.eTag: known, .cacheControl: cache, .vary: "Accept-Encoding"])
        }
        // A stadium's layout is megabytes, a quarter of that compressed.
        let compressed =
            request.acceptsGzip
            ? layouts.compressed(of: layout.dateID, version: layout.version) { layout.json } : nil
        let document = compressed ?? layouts.document(of: layout.dateID, version: layout.version) { layout.json }
        var response = Response.json(document, cache: cache)
        response.headers[.eTag] = compressed == nil ? etag : etagOfGzip
        response.headers[.vary] = "Accept-Encoding"
        if compressed != nil { response.headers[.contentEncoding] = "gzip" }
        return response
    }

    /// `GET /dates/{id}/seats/status`.
    func status(_ request: Request, _ context: APIContext) async throws -> Response {
        try await access.anyone(context, .read)
        let map = try await map(context)
        let wantsGzip = request.acceptsGzip
        let version = map.version
        // Either form will do: who has one has what the other says.
        if request.headers[.ifNoneMatch] != nil {
            for isGzip in [wantsGzip, !wantsGzip] {
                let etag = SeatStatusCache.etag(version, isGzip: isGzip)
                guard request.has(etag) else { continue }
                return Response(
                    status: .notModified, headers: [.eTag: etag, .cacheControl: "no-cache", .vary: "Accept-Encoding"])
            }
        }
        let status = statuses.status(of: map, gzip: wantsGzip)
        var headers = HTTPFields()
        headers.reserveCapacity(8)
        headers[.contentType] = "application/json"
        headers[.cacheControl] = "no-cache"
        headers[.eTag] = status.etag
        headers[.vary] = "Accept-Encoding"
        if status.isGzip { headers[.contentEncoding] = "gzip" }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: status.body))
    }

    private func map(_ context: APIContext) async throws -> SeatMap {
        guard let map = try await engine.seatMap(of: context.id()), map.isPublic else { throw Problem.notFound }
        return map
    }
}

extension Request {
    /// Whether the client has this version already: `If-None-Match` by weak comparison (RFC 9110 section 13.1.2), since
    /// proxies that compress make entity tags weak.
    fileprivate func has(_ etag: String) -> Bool {
        guard let known = headers[.ifNoneMatch] else { return false }
        if known == etag || known == "*" { return true }
        return known.split(separator: ",").contains { part in
            let tag = part.drop { $0 == " " }
            return (tag.hasPrefix("W/") ? tag.dropFirst(2) : tag).prefix { $0 != " " } == etag
        }
    }
}

extension SeatLayout {
    /// The seats that are wanted, one by one.
    fileprivate func list(_ version: Int64, _ states: [SeatState], where isWanted: (SeatPlace, SeatState) -> Bool)
        -> [UInt8]
    {
        JSONWriter.object(capacity: 200 * states.count) { json in
            json.field("dateId", dateID)
            json.field("version", version)
            json.key("seats")
            json.array(states.indices.filter { isWanted(places[$0], states[$0]) }) { json, ordinal in
                json.object { json in
                    let place = places[ordinal]
                    json.field("id", seatIDs[ordinal])
                    json.field("section", place.label.section)
                    json.field("row", place.label.row)
                    json.field("number", place.label.number)
                    json.field("grade", grades[place.grade].name)
                    json.field("price", grades[place.grade].price)
                    json.field("status", states[ordinal].rawValue)
                    json.field("x", place.x)
                    json.field("y", place.y)
                }
            }
        }
    }

    fileprivate var json: [UInt8] {
        JSONWriter.object(capacity: 110 * seatIDs.count) { json in
            json.field("dateId", dateID)
            json.field("layoutVersion", version)
            json.field("seatsTotal", seatIDs.count)
            json.key("grades")
            json.array(grades) { $0.grade($1) }
            json.key("sections")
            json.array(runs(of: places.indices, by: \.section)) { json, section in
                json.object { json in
                    json.field("name", places[section.lowerBound].label.section)
                    json.key("rows")
                    json.array(runs(of: section, by: \.row)) { json, row in
                        json.object { json in
                            json.field("name", places[row.lowerBound].label.row)
                            json.key("seats")
                            json.array(row) { json, ordinal in
                                json.object { json in
                                    json.field("id", seatIDs[ordinal])
                                    json.field("number", places[ordinal].label.number)
                                    json.field("grade", places[ordinal].grade)
                                    json.field("x", places[ordinal].x)
                                    json.field("y", places[ordinal].y)
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// Cuts a range of ordinals where a part of the label changes.
    private func runs(of range: Range<Int>, by part: KeyPath<SeatLabel, String>) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        var start = range.lowerBound
        for ordinal in range
        where ordinal + 1 == range.upperBound
            || places[ordinal + 1].label[keyPath: part] != places[ordinal].label[keyPath: part]
        {
            runs.append(start..<ordinal + 1)
            start = ordinal + 1
        }
        return runs
    }
}
