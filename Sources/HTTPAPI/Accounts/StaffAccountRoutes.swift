internal import Domain
internal import Engine
internal import Hummingbird
internal import Ports

/// `/admin/users` and `/admin/audit-log`: who is staff, and what staff did.
struct StaffAccountRoutes: Sendable {
    let store: any Store
    let access: Access
    let clock: any WallClock
    let ids: IDMint

    init(_ parts: APIDependencies) {
        store = parts.store
        access = parts.access
        clock = parts.clock
        ids = parts.ids
    }

    /// `PUT /admin/users/{id}/role`. It holds from the user's next access token on, within fifteen minutes.
    func setRole(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.admin(request, context)
        let id = try context.id(of: User.self)
        var role: User.Role?
        _ = try await request.readJSON { field, json throws(InvalidRequest) in
            switch field {
            case "role":
                guard let named = User.Role(rawValue: try json.string(maxLength: 20)) else {
                    throw InvalidRequest(ko: "FAN, STAFF, ADMIN 중 하나여야 합니다.", en: "It must be FAN, STAFF or ADMIN.")
                }
                role = named
            default: throw JSONReader.unknownField()
            }
        }
        let wanted = try required(role, "role")
        let now = clock.now()
        let action = StaffAction(
            id: ids.next(at: now), kind: .roleChanged, subjectID: ID(id), staffID: identity.userID,
            detail: wanted.rawValue, at: now)
        guard let user = try await store.setRole(wanted, of: id, action: action) else { throw Problem.notFound }
        return .json(user.json)
    }

    /// `GET /admin/audit-log`: what staff did, the newest first.
    func auditLog(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await access.staff(request, context)
        let page = try request.page(of: StaffAction.self)
        let actions = try await store.staffActions(before: page.before, limit: page.limit)
        return .json(
            JSONWriter.list(actions, limit: page.limit, id: \.id) { json, action in
                json.object { json in
                    json.field("id", action.id)
                    json.field("kind", action.kind.rawValue)
                    json.field("subjectId", action.subjectID)
                    json.field("staffId", action.staffID)
                    json.field("reason", optional: action.reason)
                    json.field("detail", optional: action.detail)
                    json.field("at", action.at)
                }
            })
    }
}
