internal import Domain
internal import Engine
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Ports

/// `/admin/webhooks` and `/admin/webhook-deliveries`: where organisers are told what happens.
struct WebhookRoutes: Sendable {
    private static let detailsLengthMax = 500

    let desk: WebhookDesk
    let store: any Store
    let access: Access
    let clock: any WallClock

    init(_ parts: APIDependencies) {
        desk = parts.webhooks
        store = parts.store
        access = parts.access
        clock = parts.clock
    }

    // MARK: Endpoints

    func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.staff(request, context)
        let body = try await request.jsonBody()
        let draft = try await draft(reading: body)
        let idempotency = try access.idempotency(request, user: identity.userID, route: "webhook", body: body)
        let answer = try await desk.create(draft, by: identity.userID, idempotency: idempotency) { endpoint in
            EncodedAnswer(status: 201, body: endpoint.json(showingSecret: true))
        }
        if case .refused(.wrongState) = answer { throw Self.tooMany }
        return try .answer(answer)
    }

    func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.staff(request, context)
        let page = try request.page(of: WebhookEndpoint.self)
        let endpoints = try await desk.endpoints(
            seenBy: identity.userID, isAdmin: identity.isAdmin, before: page.before, limit: page.limit)
        return .json(
            JSONWriter.list(endpoints, limit: page.limit, id: \.id) { $0.webhook($1, showingSecret: false) })
    }

    func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.staff(request, context)
        return .json(try await own(context, identity).json(showingSecret: false))
    }

    func change(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.staff(request, context)
        let draft = try await draft(reading: try await request.jsonBody())
        let changed = try await desk.change(
            try context.id(), to: draft, by: identity.userID, isAdmin: identity.isAdmin)
        guard let changed else { throw Problem.notFound }
        return .json(changed.json(showingSecret: false))
    }

    func delete(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.staff(request, context)
        let isDeleted = try await desk.delete(try context.id(), by: identity.userID, isAdmin: identity.isAdmin)
        guard isDeleted else { throw Problem.notFound }
        return Response(status: .noContent)
    }

    /// `POST /admin/webhooks/{id}/secret`. Those before sign too, each for a day.
    func rotateSecret(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.staff(request, context)
        let id = try context.id(of: WebhookEndpoint.self)
        let idempotency = try access.idempotency(
            request, user: identity.userID, route: "webhook secret \(id)", body: nil)
        let answer = try await desk.rotateSecret(
            of: id, by: identity.userID, isAdmin: identity.isAdmin, idempotency: idempotency
        ) { EncodedAnswer(status: 200, body: $0.json(showingSecret: true)) }
        if case .refused(.wrongState) = answer {
            var problem = Self.tooManySecrets
            let first = try await own(context, identity).secrets.earlier.map(\.until).min()
            problem.retryAfterSeconds = first.map { max(1, Int(($0.milliseconds(since: clock.now()) + 999) / 1000)) }
            throw problem
        }
        return try .answer(answer)
    }

    /// `POST /admin/webhooks/{id}/test`.
    func test(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.staff(request, context)
        let id = try context.id(of: WebhookEndpoint.self)
        let idempotency = try access.idempotency(request, user: identity.userID, route: "webhook test \(id)", body: nil)
        let answer = try await desk.test(
            id, by: identity.userID, isAdmin: identity.isAdmin, idempotency: idempotency
        ) { EncodedAnswer(status: 202, body: $0.json) }
        if case .refused(.wrongState) = answer { throw Self.switchedOff }
        return try .answer(answer)
    }

    // MARK: Deliveries

    func deliveries(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.staff(request, context)
        let page = try request.page(of: WebhookDelivery.self)
        let status = try request.query("status").map { word in
            guard let status = WebhookDelivery.Status(rawValue: word) else {
                throw Problem(
                    InvalidRequest(
                        "status", ko: "PENDING, DELIVERED, FAILED 중 하나여야 합니다.",
                        en: "It must be PENDING, DELIVERED or FAILED."))
            }
            return status
        }
        let endpoint = try await own(context, identity)
        let deliveries = try await desk.deliveries(
            of: endpoint.id, status: status, before: page.before, limit: page.limit)
        return .json(JSONWriter.list(deliveries, limit: page.limit, id: \.id) { $0.delivery($1) })
    }

    func delivery(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.staff(request, context)
        let found = try await desk.delivery(
            try context.id(), seenBy: identity.userID, isAdmin: identity.isAdmin)
        guard let found else { throw Problem.notFound }
        return .json(found.json(log: try await desk.attempts(of: found.id)))
    }

    /// `POST /admin/webhook-deliveries/{id}/replay`.
    func replay(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.staff(request, context)
        let id = try context.id(of: WebhookDelivery.self)
        let idempotency = try access.idempotency(
            request, user: identity.userID, route: "webhook replay \(id)", body: nil)
        let answer = try await desk.replay(
            id, by: identity.userID, isAdmin: identity.isAdmin, idempotency: idempotency
        ) { EncodedAnswer(status: 202, body: $0.json) }
        if case .refused(.wrongState) = answer { throw Self.underWay }
        return try .answer(answer)
    }

    private func own(_ context: APIContext, _ identity: Identity) async throws -> WebhookEndpoint {
        let found = try await desk.endpoint(
            try context.id(), seenBy: identity.userID, isAdmin: identity.isAdmin)
        guard let found else { throw Problem.notFound }
        return found
    }

    // MARK: Bodies

    private func draft(reading body: ByteBuffer) async throws -> WebhookDraft {
        var url: WebhookURL?
        var kinds: [String] = []
        var concert: ConcertID?
        var details = ""
        var isEnabled = true
        let allowsPrivateTargets = desk.allowsPrivateTargets
        try body.readJSON { field, json throws(InvalidRequest) in
            switch field {
            case "url": url = try Self.url(&json, allowsPrivateTargets: allowsPrivateTargets)
            case "events": kinds = try Self.kinds(&json)
            case "concertId": concert = json.takeNull() ? nil : try json.id()
            case "description": details = try json.string(maxLength: Self.detailsLengthMax)
            case "isEnabled": isEnabled = try json.boolean()
            default: throw JSONReader.unknownField()
            }
        }
        let draft = WebhookDraft(
            url: try required(url, "url"), kinds: kinds, concertID: concert, details: details, isEnabled: isEnabled)
        if let concert, try await store.concert(concert) == nil {
            throw Problem(
                InvalidRequest("concertId", ko: "그런 공연이 없습니다.", en: "There is no such concert."))
        }
        return draft
    }

    /// What cannot be right is refused here; where a name leads is looked at when something is sent.
    private static func url(_ json: inout JSONReader, allowsPrivateTargets: Bool) throws(InvalidRequest) -> WebhookURL {
        guard let url = WebhookURL(try json.string(maxLength: WebhookURL.lengthMax)) else {
            throw InvalidRequest(
                ko: "https://호스트[:포트]/경로 모양의 주소여야 합니다. 사용자 이름과 #은 쓸 수 없습니다.",
                en: "It must be an address such as https://host[:port]/path, without a user name and #.")
        }
        guard url.isSecure || allowsPrivateTargets else {
            throw InvalidRequest(ko: "https 주소여야 합니다.", en: "It must be an https address.")
        }
        if !allowsPrivateTargets, url.isPrivate {
            throw InvalidRequest(
                ko: "내부 네트워크 주소로는 보낼 수 없습니다.", en: "It must not be an address of a private network.")
        }
        return url
    }

    /// Kinds of events, as `type` names them.
    private static func kinds(_ json: inout JSONReader) throws(InvalidRequest) -> [String] {
        var kinds: [String] = []
        try json.array(maxCount: WebhookEndpoint.kindCountMax) { json throws(InvalidRequest) in
            let type = try json.string(maxLength: 100)
            guard type.hasPrefix(CloudEvent.typePrefix),
                let kind = Event.Kind(rawValue: String(type.dropFirst(CloudEvent.typePrefix.count)))
            else {
                throw InvalidRequest(
                    ko: "그런 이벤트는 없습니다. jari.reservation.paid 처럼 적어 주세요.",
                    en: "There is no such event. Spell it like jari.reservation.paid.")
            }
            guard !kinds.contains(kind.rawValue) else {
                throw InvalidRequest(ko: "같은 이벤트가 두 번 있습니다.", en: "The same event occurs twice.")
            }
            kinds.append(kind.rawValue)
        }
        return kinds
    }

    private static let tooMany = Problem(
        .wrongState, ko: "웹훅은 \(WebhookEndpoint.countPerOwnerMax)개까지 만들 수 있습니다. 쓰지 않는 것을 지워 주세요.",
        en: "You can have \(WebhookEndpoint.countPerOwnerMax) webhooks. Delete one that you do not use.")
    private static let tooManySecrets = Problem(
        .wrongState, ko: "서명에 쓰는 비밀 값은 \(WebhookSecrets.countMax)개까지입니다. 전의 값이 하루를 채우고 끝나면 다시 해 주세요.",
        en: "\(WebhookSecrets.countMax) secrets sign already. Try again when the day of one of them is over.")
    private static let switchedOff = Problem(
        .wrongState, ko: "꺼져 있는 웹훅입니다. 먼저 켜 주세요.", en: "This webhook is switched off. Switch it on first.")
    private static let underWay = Problem(
        .wrongState, ko: "이미 보내는 중입니다.", en: "It is being sent already.")
}

extension Identity {
    fileprivate var isAdmin: Bool { role == .admin }
}

extension WebhookURL {
    /// Whether it names an address, as a number, that is nobody's on the public Internet, or this machine.
    fileprivate var isPrivate: Bool {
        if host == "localhost" || host.hasSuffix(".localhost") { return true }
        guard let address = try? SocketAddress(ipAddress: host, port: 0) else { return false }
        let bytes = address.networkBytes
        return !InternetAddress.isPublic(address.protocol == .inet ? Array(bytes.suffix(4)) : bytes)
    }
}
