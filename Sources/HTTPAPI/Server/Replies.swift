internal import Domain
internal import Engine
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

extension Response {
    /// A JSON document.
    static func json(
        _ body: [UInt8], status: HTTPResponse.Status = .ok, cache: String = "no-store", language: Language? = nil
    ) -> Response {
        json(ByteBuffer(bytes: body), status: status, cache: cache, language: language)
    }

    /// A JSON document whose bytes others have as well.
    static func json(
        _ body: ByteBuffer, status: HTTPResponse.Status = .ok, cache: String = "no-store", language: Language? = nil
    ) -> Response {
        var headers = HTTPFields()
        headers.reserveCapacity(6)
        headers[.contentType] = "application/json"
        headers[.cacheControl] = cache
        if let language {
            headers[.contentLanguage] = language.rawValue
            headers[.vary] = "Accept-Language"
        }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
    }

    static func problem(_ problem: Problem, language: Language) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = "application/problem+json"
        headers[.cacheControl] = "no-store"
        headers[.contentLanguage] = language.rawValue
        if let seconds = problem.retryAfterSeconds { headers[.retryAfter] = String(seconds) }
        if let allow = problem.allow { headers[.allow] = allow }
        if problem.code.status == .unauthorized { headers[.wwwAuthenticate] = "Bearer" }
        return Response(
            status: problem.code.status, headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: problem.document(in: language))))
    }

    /// What the engine answered, as it was stored.
    static func answer(_ answer: Answer) throws -> Response {
        switch answer {
        case .done(let encoded, let isReplay):
            var response = Response.json(encoded.body, status: .init(code: encoded.status))
            if isReplay { response.headers[.idempotencyReplayed] = "true" }
            return response
        case .refused(let refusal): throw Problem(refusal)
        case .failed(let fault): throw Problem(fault)
        case .overloaded: throw Problem.overloaded
        }
    }
}

/// A page of a list.
struct Page<Entity> {
    static var limits: ClosedRange<Int> { 1...100 }
    static var standardLimit: Int { 20 }

    let limit: Int
    /// The last id of the page before.
    let before: ID<Entity>?
}

extension Request {
    /// A parameter of the query, percent-decoded; nil when it is absent.
    func query(_ name: Substring) -> String? {
        uri.queryParameters[name].map { String($0) }
    }

    /// The same, refused when it has more than so many characters, or one that no text may have.
    func query(_ name: Substring, lengthMax: Int) throws -> String? {
        guard let text = query(name) else { return nil }
        guard text.unicodeScalars.count <= lengthMax else {
            throw Problem(
                InvalidRequest(
                    String(name), ko: "\(lengthMax)자를 넘을 수 없습니다.",
                    en: "It can have at most \(lengthMax) characters."))
        }
        guard !text.utf8.contains(0) else { throw Problem(InvalidRequest.holdsNUL(String(name))) }
        return text
    }

    /// `limit` and `cursor` of the query. A cursor is the last id of the page before, opaque to clients.
    func page<Entity>(of _: Entity.Type = Entity.self) throws -> Page<Entity> {
        var limit = Page<Entity>.standardLimit
        if let text = query("limit") {
            guard text.utf8.allSatisfy(\.isDigit), let number = Int(text), Page<Entity>.limits.contains(number) else {
                throw Problem(InvalidRequest("limit", ko: "1에서 100 사이여야 합니다.", en: "It must be between 1 and 100."))
            }
            limit = number
        }
        guard let cursor = query("cursor") else { return Page(limit: limit, before: nil) }
        guard let id = Cursor.decode(cursor, as: Entity.self) else {
            throw Problem(
                InvalidRequest(
                    "cursor", ko: "앞 페이지의 nextCursor를 그대로 보내 주세요.", en: "Send nextCursor of the page before, unchanged."
                ))
        }
        return Page(limit: limit, before: id)
    }
}

enum Cursor {
    private static let prefix = "p1"

    static func encode<Entity>(_ id: ID<Entity>) -> String {
        prefix + id.description.filter { $0 != "-" }
    }

    static func decode<Entity>(_ text: String, as _: Entity.Type) -> ID<Entity>? {
        guard text.hasPrefix(prefix), text.utf8.count == 34, let high = UInt64(text.dropFirst(2).prefix(16), radix: 16),
            let low = UInt64(text.dropFirst(18), radix: 16)
        else { return nil }
        let id = ID<Entity>(high: high, low: low)
        // Signs and capitals make the same number of another text; this server made no such cursor.
        return encode(id) == text ? id : nil
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}

extension JSONWriter {
    /// `{items, nextCursor}`: there is a next page when this one is full.
    static func list<Item, Entity>(
        _ items: [Item], limit: Int, id: (Item) -> ID<Entity>, _ body: (inout JSONWriter, Item) -> Void
    ) -> [UInt8] {
        object(capacity: 256 + items.count * 300) { json in
            json.key("items")
            json.array(items, body)
            json.field("nextCursor", optional: items.count == limit ? items.last.map { Cursor.encode(id($0)) } : nil)
        }
    }
}
