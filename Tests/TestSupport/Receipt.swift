public import Domain
public import Engine
public import Ports

/// What a client reads in an answer. It goes through the bytes that are stored with the effect and given again to
/// copies, so that a test knows only what a client would.
public enum Receipt: Hashable, Sendable {
    case held(ReservationID, seats: [SeatID], amount: Won, until: Timestamp)
    case released(ReservationID)
    case expired(ReservationID)
    case charged(TransferID, balance: Won)
    case paid(PaymentID, of: ReservationID, tickets: [TicketCode])
    case paymentRequested(PaymentID, balance: Won)
    case captureBegun(PaymentID)
    case paymentSettled(PaymentID, Payment.Status, tickets: [TicketCode])
    case refunded(PaymentID, total: Won, tickets: [TicketID])
    case refundSettled(RefundID, Refund.Status)
    case checkedIn(TicketID)
    case seatsBlocked(count: Int)
    case unchanged

    public init(_ outcome: Outcome) {
        switch outcome {
        case .held(let reservation):
            self = .held(
                reservation.id, seats: reservation.seats.map(\.id), amount: reservation.amount,
                until: reservation.expiresAt)
        case .released(let reservation): self = .released(reservation.id)
        case .expired(let reservation): self = .expired(reservation.id)
        case .charged(let transfer):
            guard let balance = transfer.balance else { preconditionFailure("a charge without a wallet") }
            self = .charged(transfer.id, balance: balance)
        case .paid(let payment, let tickets):
            guard let reservation = payment.reservationID else { preconditionFailure("tickets for no reservation") }
            self = .paid(payment.id, of: reservation, tickets: tickets.map(\.code))
        case .paymentRequested(let payment, let balance): self = .paymentRequested(payment.id, balance: balance)
        case .captureBegun(let payment): self = .captureBegun(payment.id)
        case .paymentSettled(let payment, let tickets, _):
            self = .paymentSettled(payment.id, payment.status, tickets: tickets.map(\.code))
        case .refundSettled(let refund): self = .refundSettled(refund.id, refund.status)
        case .refunded(let payment, let tickets):
            self = .refunded(payment.id, total: payment.refunded, tickets: tickets.map(\.id))
        case .checkedIn(let ticket): self = .checkedIn(ticket.id)
        case .seatsBlocked(let count): self = .seatsBlocked(count: count)
        case .unchanged: self = .unchanged
        }
    }
}

extension Receipt {
    /// The answer for an outcome: what a submission's `encode` is in tests.
    @Sendable public static func encode(_ outcome: Outcome) -> EncodedAnswer {
        EncodedAnswer(status: 200, body: [UInt8](Receipt(outcome).text.utf8))
    }

    /// Reads an answer's body. Nil for what ``encode(_:)`` does not write.
    public init?(_ answer: EncodedAnswer) {
        let words = String(decoding: answer.body, as: UTF8.self).split(separator: " ")
        func id<Entity>(_ index: Int) -> ID<Entity>? { index < words.count ? ID(words[index]) : nil }
        func number(_ index: Int) -> Int64? { index < words.count ? Int64(words[index]) : nil }
        switch words.first {
        case "held":
            guard let reservation: ReservationID = id(1), let amount = number(2), let until = number(3) else {
                return nil
            }
            self = .held(
                reservation, seats: words.dropFirst(4).compactMap { SeatID($0) }, amount: Won(amount),
                until: Timestamp(milliseconds: until))
        case "released":
            guard let reservation: ReservationID = id(1) else { return nil }
            self = .released(reservation)
        case "expired":
            guard let reservation: ReservationID = id(1) else { return nil }
            self = .expired(reservation)
        case "charged":
            guard let transfer: TransferID = id(1), let balance = number(2) else { return nil }
            self = .charged(transfer, balance: Won(balance))
        case "paid":
            guard let payment: PaymentID = id(1), let reservation: ReservationID = id(2) else { return nil }
            self = .paid(payment, of: reservation, tickets: words.dropFirst(3).compactMap { TicketCode(String($0)) })
        case "paymentRequested":
            guard let payment: PaymentID = id(1), let balance = number(2) else { return nil }
            self = .paymentRequested(payment, balance: Won(balance))
        case "captureBegun":
            guard let payment: PaymentID = id(1) else { return nil }
            self = .captureBegun(payment)
        case "paymentSettled":
            guard let payment: PaymentID = id(1), words.count > 2,
                let status = Payment.Status(rawValue: String(words[2]))
            else { return nil }
            self = .paymentSettled(
                payment, status, tickets: words.dropFirst(3).compactMap { TicketCode(String($0)) })
        case "refundSettled":
            guard let refund: RefundID = id(1), words.count > 2, let status = Refund.Status(rawValue: String(words[2]))
            else { return nil }
            self = .refundSettled(refund, status)
        case "refunded":
            guard let payment: PaymentID = id(1), let total = number(2) else { return nil }
            self = .refunded(payment, total: Won(total), tickets: words.dropFirst(3).compactMap { TicketID($0) })
        case "checkedIn":
            guard let ticket: TicketID = id(1) else { return nil }
            self = .checkedIn(ticket)
        case "seatsBlocked":
            guard let count = number(1) else { return nil }
            self = .seatsBlocked(count: Int(count))
        case "unchanged": self = .unchanged
        default: return nil
        }
    }

    private var text: String {
        func joined(_ words: [any CustomStringConvertible]) -> String {
            words.map(\.description).joined(separator: " ")
        }
        return switch self {
        case .held(let reservation, let seats, let amount, let until):
            joined(["held", reservation, amount.amount, until.milliseconds] + seats)
        case .released(let reservation): joined(["released", reservation])
        case .expired(let reservation): joined(["expired", reservation])
        case .charged(let transfer, let balance): joined(["charged", transfer, balance.amount])
        case .paid(let payment, let reservation, let tickets): joined(["paid", payment, reservation] + tickets)
        case .paymentRequested(let payment, let balance): joined(["paymentRequested", payment, balance.amount])
        case .captureBegun(let payment): joined(["captureBegun", payment])
        case .paymentSettled(let payment, let status, let tickets):
            joined(["paymentSettled", payment, status.rawValue] + tickets)
        case .refundSettled(let refund, let status): joined(["refundSettled", refund, status.rawValue])
        case .refunded(let payment, let total, let tickets): joined(["refunded", payment, total.amount] + tickets)
        case .checkedIn(let ticket): joined(["checkedIn", ticket])
        case .seatsBlocked(let count): joined(["seatsBlocked", count])
        case .unchanged: "unchanged"
        }
    }
}

extension Answer {
    /// What a client reads; nil for a refusal or a failure.
    public var receipt: Receipt? {
        guard case .done(let encoded, _) = self else { return nil }
        return Receipt(encoded)
    }

    public var refusal: Refusal? {
        guard case .refused(let refusal) = self else { return nil }
        return refusal
    }

    public var fault: Fault? {
        guard case .failed(let fault) = self else { return nil }
        return fault
    }
}
