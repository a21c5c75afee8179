internal import Domain
internal import Engine
internal import Hummingbird
internal import Ports

/// `/admin/dates/{id}/queue` and `/sales`: how staff steer a sale and watch it.
struct StaffSaleRoutes: Sendable {
    /// Sales a minute are shown this far back.
    private static let minutesShown = RefusalBook.minutesKept

    let engine: Engine
    let catalog: CatalogDesk
    let store: any Store
    let room: any WaitingRoom
    let access: Access
    let clock: any WallClock
    let refusals: RefusalBook

    init(_ parts: APIDependencies) {
        engine = parts.engine
        catalog = parts.catalog
        store = parts.store
        room = parts.room
        access = parts.access
        clock = parts.clock
        refusals = parts.refusals
    }

    func settings(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await access.staff(request, context)
        guard let date = try await store.date(context.id()) else { throw Problem.notFound }
        return .json(date.queue.json)
    }

    func changeSettings(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.staff(request, context)
        let id = try context.id(of: ConcertDate.self)
        var activeMax: Int?
        var admitPerSecond: Int?
        var activeSeconds: Int?
        var seatsPerFanMax: Int?
        _ = try await request.readJSON { field, json throws(InvalidRequest) in
            switch field {
            case "maxActive": activeMax = try json.integer(in: 1...1_000_000)
            case "admitPerSecond": admitPerSecond = try json.integer(in: 1...100_000)
            case "activeSeconds": activeSeconds = try json.integer(in: 30...7_200)
            case "seatsPerFanMax": seatsPerFanMax = try json.integer(in: ReservationRoutes.seatCounts)
            default: throw JSONReader.unknownField()
            }
        }
        let settings = QueueSettings(
            activeMax: try required(activeMax, "maxActive"),
            admitPerSecond: try required(admitPerSecond, "admitPerSecond"),
            activeSeconds: try required(activeSeconds, "activeSeconds"),
            seatsPerFanMax: try required(seatsPerFanMax, "seatsPerFanMax"), isPaused: false)
        guard let changed = try await catalog.changeQueue(id, to: settings, by: identity.userID) else {
            throw Problem.notFound
        }
        return .json(changed.queue.json)
    }

    func pause(_ request: Request, _ context: APIContext) async throws -> Response {
        try await setPaused(true, request, context)
    }

    func resume(_ request: Request, _ context: APIContext) async throws -> Response {
        try await setPaused(false, request, context)
    }

    private func setPaused(_ isPaused: Bool, _ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.staff(request, context)
        let date = try context.id(of: ConcertDate.self)
        let idempotency = try access.idempotency(
            request, user: identity.userID, route: "\(isPaused ? "pause" : "resume") \(date)", body: nil)
        let answer = try await catalog.setPaused(
            isPaused, date: date, by: identity.userID, idempotency: idempotency
        ) { EncodedAnswer(status: 200, body: $0.queue.json) }
        return try .answer(answer)
    }

    /// Live figures: seats from the map, money from the sales projection.
    func sales(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await access.staff(request, context)
        let id = try context.id(of: ConcertDate.self)
        guard let map = try await engine.seatMap(of: id) else { throw Problem.notFound }
        let now = clock.now()
        let figures = try await store.figures(of: id, since: now.adding(seconds: -60 * Self.minutesShown))
        let queue = try await room.figures(of: id, now: now)
        return .json(
            SalesReport(map: map, figures: figures, queue: queue, refusals: refusals.counts(of: id, at: now)).json)
    }
}

/// The figures of one date as staff see them.
private struct SalesReport {
    let map: SeatMap
    let figures: SalesFigures
    let queue: QueueFigures?
    let refusals: [(code: Problem.Code, count: Int)]

    var json: [UInt8] {
        let (_, states) = map.states()
        var counts = Array(repeating: [SeatState: Int](), count: map.layout.grades.count)
        for (ordinal, state) in states.enumerated() { counts[map.layout.places[ordinal].grade][state, default: 0] += 1 }
        return JSONWriter.object { json in
            json.field("dateId", map.layout.dateID)
            json.key("grades")
            json.array(map.layout.grades.indices) { json, index in
                json.object { json in
                    let grade = map.layout.grades[index]
                    json.field("name", grade.name)
                    json.field("price", grade.price)
                    json.field("total", counts[index].values.reduce(0, +))
                    json.field("available", counts[index][.available] ?? 0)
                    json.field("held", (counts[index][.pending] ?? 0) + (counts[index][.confirmed] ?? 0))
                    json.field("sold", counts[index][.paid] ?? 0)
                    json.field("blocked", counts[index][.blocked] ?? 0)
                    json.field("revenue", figures.grades.first { $0.grade == index }?.revenue ?? .zero)
                }
            }
            json.field("revenue", figures.grades.reduce(Won.zero) { $0 + $1.revenue })
            json.key("minutes")
            json.array(figures.minutes) { json, minute in
                json.object { json in
                    json.field("startsAt", minute.startsAt)
                    json.field("tickets", minute.tickets)
                    json.field("revenue", minute.revenue)
                }
            }
            json.key("queue")
            json.object { $0.figures(queue) }
            json.key("refusals")
            json.array(refusals) { json, refusal in
                json.object { json in
                    json.field("code", refusal.code.rawValue)
                    json.field("count", refusal.count)
                }
            }
        }
    }
}

extension QueueSettings {
    fileprivate var json: [UInt8] {
        JSONWriter.object { json in
            json.field("maxActive", activeMax)
            json.field("admitPerSecond", admitPerSecond)
            json.field("activeSeconds", activeSeconds)
            json.field("seatsPerFanMax", seatsPerFanMax)
            json.field("paused", isPaused)
        }
    }
}
