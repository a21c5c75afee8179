internal import Domain
internal import Engine
internal import Hummingbird
internal import Ports

/// `/admin/dates/{id}/seats`: which seats staff keep back from the sale.
struct StaffSeatRoutes: Sendable {
    /// As many as fit into a body of 64 KiB with room to spare.
    private static let seatCountMax = 1_000
    private static let reasonLengthMax = 200

    let engine: Engine
    let access: Access

    init(_ parts: APIDependencies) {
        engine = parts.engine
        access = parts.access
    }

    /// `POST /admin/dates/{id}/seats/block`.
    func block(_ request: Request, _ context: APIContext) async throws -> Response {
        try await setBlocked(true, request, context)
    }

    /// `POST /admin/dates/{id}/seats/unblock`.
    func unblock(_ request: Request, _ context: APIContext) async throws -> Response {
        try await setBlocked(false, request, context)
    }

    private func setBlocked(_ isBlocked: Bool, _ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.staff(request, context)
        let date = try context.id(of: ConcertDate.self)
        var seats: [SeatID]?
        var reason: String?
        let body = try await request.readJSON { field, json throws(InvalidRequest) in
            switch field {
            case "seatIds": seats = try Self.seats(&json)
            case "reason": reason = try json.string(maxLength: Self.reasonLengthMax)
            default: throw JSONReader.unknownField()
            }
        }
        let wanted = try required(seats, "seatIds")
        let idempotency = try access.idempotency(
            request, user: identity.userID, route: "\(isBlocked ? "block" : "unblock") \(date)", body: body)
        let command = BlockSeats(
            dateID: date, seatIDs: wanted, isBlocked: isBlocked, by: identity.userID, reason: reason)
        let answer = await engine.submit(
            Submission(.command(.block(command)), idempotency: idempotency) { outcome in
                guard case .seatsBlocked(let count) = outcome else {
                    preconditionFailure("keeping seats back came to something else")
                }
                return EncodedAnswer(
                    status: 200,
                    body: JSONWriter.object { json in
                        json.field("dateId", date)
                        json.field("seatsChanged", count)
                    })
            })
        return try .answer(answer)
    }

    private static func seats(_ json: inout JSONReader) throws(InvalidRequest) -> [SeatID] {
        var seats: [SeatID] = []
        var known: Set<SeatID> = []
        try json.array(maxCount: seatCountMax) { json throws(InvalidRequest) in
            let seat: SeatID = try json.id()
            guard known.insert(seat).inserted else {
                throw InvalidRequest(ko: "같은 좌석이 두 번 있습니다.", en: "The same seat occurs twice.")
            }
            seats.append(seat)
        }
        guard !seats.isEmpty else {
            throw InvalidRequest(ko: "좌석을 하나 이상 골라 주세요.", en: "Choose at least one seat.")
        }
        return seats
    }
}
