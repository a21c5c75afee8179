/// Lets a ticket's holder in, once.
public struct CheckIn: Sendable {
    public let code: TicketCode
    /// The place, as staff call it: "Gate 3". It is told to whoever scans the ticket a second time.
    public let gate: String?
    /// The date that the door is open for; nil lets in the tickets of any.
    public let dateID: DateID?
    /// Who of the staff scans the ticket.
    public let staffID: UserID?

    public init(code: TicketCode, gate: String?, dateID: DateID? = nil, by staffID: UserID? = nil) {
        self.code = code
        self.gate = gate
        self.dateID = dateID
        self.staffID = staffID
    }

    func decide(on rows: Rows, ids: inout IDSource, now: Timestamp) throws(Refusal) -> Decision {
        guard var ticket = rows.tickets[code.ticketID], ticket.code == code else { throw .notFound }
        if let dateID, ticket.dateID != dateID { throw .ticketOfOtherDate(ticket.dateID) }
        switch ticket.status {
        case .valid: break
        case .used: throw .ticketUsed(at: ticket.usedAt ?? ticket.createdAt, gate: ticket.usedGate)
        case .void: throw .ticketVoid
        }
        ticket.status = .used
        ticket.usedAt = now
        ticket.usedGate = gate
        var decision = Decision(.checkedIn(ticket))
        decision.tickets = [ticket]
        decision.events = [
            Event(
                id: ids.next(at: now), kind: .ticketUsed, subjectID: ID(ticket.id), version: 1, dateID: ticket.dateID,
                userID: ticket.userID, amount: .zero,
                seats: [
                    Event.Seat(id: ticket.seat.id, grade: ticket.seat.gradeIndex, price: ticket.seat.price)
                ], at: now)
        ]
        if let staffID {
            decision.staffActions = [
                StaffAction(
                    id: ids.next(at: now), kind: .ticketCheckedIn, subjectID: ID(ticket.id), staffID: staffID,
                    detail: gate, at: now)
            ]
        }
        return decision
    }
}
