internal import Domain
internal import Hummingbird
internal import Ports

/// `/admin/users` and `/admin/audit-log`: who is staff, and what staff did.
struct StaffAccountRoutes: Sendable {
    let store: any Store
    let access: Access

    init(_ parts: APIDependencies) {
        store = parts.store
        access = parts.access
    }

    /// `PUT /admin/users/{id}/role`. It holds from the user's next access token on, within fifteen minutes.
    func setRole(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await access.admin(request)
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
        guard let user = try await store.setRole(try required(role, "role"), of: id) else { throw Problem.notFound }
        return .json(user.json)
    }

    /// `GET /admin/audit-log`: the changes of the catalogue, the newest first, with who made them.
    func auditLog(_ request: Request, _: APIContext) async throws -> Response {
        _ = try await access.staff(request)
        let page = try request.page(of: Event.self)
        let events = try await store.catalogEvents(before: page.before, limit: page.limit)
        return .json(
            JSONWriter.list(events, limit: page.limit, id: \.id) { json, event in
                json.object { json in
                    json.field("id", event.id)
                    json.field("kind", event.kind.rawValue)
                    json.field("subjectId", event.subjectID)
                    json.key("staffId")
                    if let staff = event.userID { json.value(staff) } else { json.null() }
                    json.field("at", event.at)
                }
            })
    }
}
