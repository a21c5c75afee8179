import Domain
import Engine
import TestSupport

/// What a fan asks for.
enum Wish: Hashable, Sendable {
    case hold([SeatID], seconds: Int)
    case holdBest(candidates: [[SeatID]], seconds: Int)
    case release(ReservationID)
    case pay(ReservationID)
    case charge(Int64)
    case refund(PaymentID, [TicketID]?)
    case checkIn(TicketCode)

    func command(of fan: UserID, on date: DateID) -> Command {
        switch self {
        case .hold(let seats, let seconds):
            .hold(HoldSeats(userID: fan, dateID: date, choice: .seats(seats), holdSeconds: seconds))
        case .holdBest(let candidates, let seconds):
            .hold(
                HoldSeats(
                    userID: fan, dateID: date,
                    choice: .bestAvailable(count: candidates.first?.count ?? 1, candidates: candidates),
                    holdSeconds: seconds))
        case .release(let id): .release(ReleaseHold(userID: fan, reservationID: id))
        case .pay(let id): .pay(PayWithPoints(userID: fan, reservationID: id))
        case .charge(let amount): .charge(ChargePoints(userID: fan, amount: Won(amount)))
        case .refund(let id, let tickets): .refund(RefundPayment(ownerID: fan, paymentID: id, ticketIDs: tickets))
        case .checkIn(let code): .checkIn(CheckIn(code: code, gate: nil))
        }
    }
}

/// A request on its way: it is sent again with the same key until it is answered.
struct Request: Sendable {
    let fan: UserID
    let key: Idempotency
    let wish: Wish

    func job(on date: DateID) -> BatchRunner.Job {
        BatchRunner.Job(command: wish.command(of: fan, on: date), idempotency: key, encode: Receipt.encode)
    }
}
