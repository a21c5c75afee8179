internal import Domain
internal import Engine
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Ports
internal import QRCodes

/// Tickets, their QR codes, and letting their holders in.
struct TicketRoutes: Sendable {
    private static let codeLengthMax = 256
    private static let gateLengthMax = 80

    let engine: Engine
    let store: any SalesReader
    let access: Access
    let signer: TicketSigner

    init(_ parts: APIDependencies) {
        engine = parts.engine
        store = parts.store
        access = parts.access
        signer = parts.ticketSigner
    }

    /// `GET /ticket-keys`: what a door without a network checks tickets with.
    func keys(_ request: Request, _ context: APIContext) async throws -> Response {
        try await access.anyone(context, .read)
        return .json(
            JSONWriter.object { json in
                json.key("keys")
                json.array(signer.publicKeys) { json, key in
                    json.object { json in
                        json.field("algorithm", "Ed25519")
                        json.field("publicKey", key.hexadecimal)
                    }
                }
            }, cache: "public, max-age=3600")
    }

    /// `GET /tickets`.
    func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.user(request, context, .read)
        let page = try request.page(of: Ticket.self)
        let tickets = try await store.tickets(of: identity.userID, before: page.before, limit: page.limit)
        return .json(JSONWriter.list(tickets, limit: page.limit, id: \.id) { $0.ticket($1, signedBy: signer) })
    }

    /// `GET /tickets/{id}`.
    func show(_ request: Request, _ context: APIContext) async throws -> Response {
        .json(try await own(request, context).json(signedBy: signer))
    }

    /// `GET /tickets/{id}/qr.svg`.
    func qr(_ request: Request, _ context: APIContext) async throws -> Response {
        let ticket = try await own(request, context)
        let svg = QRCode(signer.signed(ticket)).svg
        return Response(
            status: .ok, headers: [.contentType: "image/svg+xml", .cacheControl: "private, no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: svg)))
    }

    /// `POST /checkins`.
    func checkIn(_ request: Request, _ context: APIContext) async throws -> Response {
        let identity = try await access.staff(request, context)
        var text: String?
        var gate: String?
        var date: DateID?
        let body = try await request.readJSON { field, json throws(InvalidRequest) in
            switch field {
            case "code": text = try json.string(minLength: 1, maxLength: Self.codeLengthMax)
            case "dateId": date = try json.id()
            case "gate": gate = try json.string(maxLength: Self.gateLengthMax)
            default: throw JSONReader.unknownField()
            }
        }
        let idempotency = try access.idempotency(request, user: identity.userID, route: "checkin", body: body)
        guard let code = signer.code(in: try required(text, "code")) else { throw Problem.notFound }
        let answer = await engine.submit(
            Submission(
                .command(.checkIn(CheckIn(code: code, gate: gate, dateID: date, by: identity.userID))),
                idempotency: idempotency
            ) { [signer] outcome in
                guard case .checkedIn(let ticket) = outcome else {
                    preconditionFailure("a check-in that let nobody in")
                }
                return EncodedAnswer(status: 201, body: ticket.json(signedBy: signer))
            })
        return try .answer(answer)
    }

    private func own(_ request: Request, _ context: APIContext) async throws -> Ticket {
        let identity = try await access.user(request, context, .read)
        guard let ticket = try await store.ticket(context.id()),
            ticket.userID == identity.userID || identity.role.isStaff
        else { throw Problem.notFound }
        return ticket
    }
}

extension Ticket {
    fileprivate func json(signedBy signer: TicketSigner) -> [UInt8] {
        var json = JSONWriter()
        json.ticket(self, signedBy: signer)
        return json.bytes
    }
}

extension JSONWriter {
    mutating func ticket(_ ticket: Ticket, signedBy signer: TicketSigner) {
        object { json in
            json.field("id", ticket.id)
            json.field("reservationId", ticket.reservationID)
            json.field("dateId", ticket.dateID)
            json.key("seat")
            json.seat(ticket.seat)
            json.field("code", signer.signed(ticket))
            json.field("shortCode", ticket.code.description)
            json.field("status", ticket.status.rawValue)
            json.field("usedAt", optional: ticket.usedAt)
            json.field("usedGate", optional: ticket.usedGate)
            json.field("createdAt", ticket.createdAt)
        }
    }
}
