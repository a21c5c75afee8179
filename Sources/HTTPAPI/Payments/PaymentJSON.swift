internal import Domain
internal import Engine

extension Payment {
    /// - Parameters:
    ///   - tickets: Those that it is good for, or that were voided by a refund.
    ///   - checkoutURL: Where the card pays, while it has not.
    ///   - refunds: What the gateway gives back.
    ///   - ticketsForStaff: For staff: tickets that say why they were given back.
    func json(
        tickets: [TicketID] = [], checkoutURL: String? = nil, refunds: [Refund] = [],
        withReasons ticketsForStaff: [Ticket]? = nil
    ) -> [UInt8] {
        var json = JSONWriter()
        json.payment(
            self, tickets: tickets, checkoutURL: checkoutURL, refunds: refunds, withReasons: ticketsForStaff)
        return json.bytes
    }
}

extension Payment {
    /// Whether the reservation's tickets are its own. Money that came too late bought none: those are another payment's.
    var boughtTickets: Bool { status.isCaptured && declineCode == nil }
}

extension JSONWriter {
    mutating func payment(
        _ payment: Payment, tickets: [TicketID], checkoutURL: String? = nil, refunds: [Refund],
        withReasons ticketsForStaff: [Ticket]? = nil
    ) {
        object { json in
            json.field("id", payment.id)
            json.key("reservationId")
            if let reservation = payment.reservationID { json.value(reservation) } else { json.null() }
            json.field("method", payment.method.rawValue)
            json.field("status", payment.status.rawValue)
            json.field("amount", payment.amount)
            json.field("points", payment.points)
            json.field("refunded", payment.refunded)
            if let declineCode = payment.declineCode { json.field("declineCode", declineCode) }
            if let checkoutURL, payment.status == .requested { json.checkout(of: payment, url: checkoutURL) }
            json.key("tickets")
            json.array(tickets) { $0.value($1) }
            json.key("refunds")
            json.array(refunds) { json, refund in json.object { refund.write(to: &$0) } }
            if let ticketsForStaff {
                json.key("refundReasons")
                json.array(ticketsForStaff.filter { $0.refundReason != nil }) { json, ticket in
                    json.object { json in
                        json.field("ticketId", ticket.id)
                        json.field("reason", optional: ticket.refundReason)
                    }
                }
            }
            json.field("createdAt", payment.createdAt)
        }
    }
}

extension Refund {
    var json: [UInt8] { JSONWriter.object { write(to: &$0) } }

    fileprivate func write(to json: inout JSONWriter) {
        json.field("id", id)
        json.field("amount", amount)
        json.field("status", status.rawValue)
        json.field("createdAt", createdAt)
    }
}

extension JSONWriter {
    /// Where a card pays what it is to pay.
    mutating func checkout(of payment: Payment, url: String) {
        key("checkout")
        object { json in
            json.field("url", url)
            json.field("orderId", payment.id)
            json.field("amount", payment.card)
        }
    }
}

extension Outcome {
    /// The answer to a call that paid, began to pay, or gave back.
    func paymentAnswer(checkoutURL: (Payment) -> String? = { _ in nil }) -> EncodedAnswer {
        switch self {
        case .paid(let payment, let tickets), .refunded(let payment, let tickets):
            EncodedAnswer(status: 201, body: payment.json(tickets: tickets.map(\.id)))
        case .paymentRequested(let payment, _):
            EncodedAnswer(status: 201, body: payment.json(checkoutURL: checkoutURL(payment)))
        case .paymentSettled(let payment, let tickets, _):
            EncodedAnswer(
                status: payment.status == .unknown ? 202 : 200, body: payment.json(tickets: tickets.map(\.id)))
        default: preconditionFailure("a payment that came to something else")
        }
    }
}
