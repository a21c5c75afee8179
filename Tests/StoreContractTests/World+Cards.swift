import Domain
import Ports
import Testing

/// Paying by card, as the engine does it, with a test in the gateway's place.
extension World {
    static let policy = PaymentPolicy(checkoutSeconds: 600, checkoutCapSeconds: 1_800, captureSeconds: 60)
    static let tryMs = 10_000

    /// The fan goes to the gateway's page.
    func request(_ reservation: Reservation, points: Int64 = 0) async throws -> Payment {
        let command = RequestPayment(
            userID: reservation.userID, reservationID: reservation.id, points: Won(points), policy: Self.policy)
        guard case .paymentRequested(let payment, _) = try await run(.requestPayment(command)) else {
            throw Unexpected()
        }
        return payment
    }

    func requestCharge(_ amount: Int64, to user: User) async throws -> Payment {
        let command = RequestCharge(userID: user.id, amount: Won(amount))
        guard case .paymentRequested(let payment, _) = try await run(.requestCharge(command)) else {
            throw Unexpected()
        }
        return payment
    }

    /// The fan comes back from it.
    func begin(_ payment: Payment, key: String) async throws -> Payment {
        let command = BeginCapture(
            userID: payment.userID, paymentID: payment.id, paymentKey: key, amount: payment.card, policy: Self.policy,
            claim: id(), tryMs: Self.tryMs)
        guard case .captureBegun(let begun) = try await run(.beginCapture(command)) else { throw Unexpected() }
        return begun
    }

    /// The gateway has spoken.
    func complete(_ payment: Payment, key: String, _ result: CaptureResult) async throws
        -> (payment: Payment, tickets: [Ticket])
    {
        let command = CompletePayment(
            ownerID: payment.userID, paymentID: payment.id, paymentKey: key, result: result, retryMs: 5_000,
            claim: try await store.payment(payment.id)?.claim)
        guard case .paymentSettled(let settled, let tickets, _) = try await run(.completePayment(command)) else {
            throw Unexpected()
        }
        return (settled, tickets)
    }

    /// Holds, and pays by card and with points.
    func buyByCard(_ seats: [SeatID], points: Int64 = 0, key: String, for user: User, of date: ConcertDate) async throws
        -> (reservation: Reservation, payment: Payment, tickets: [Ticket])
    {
        if points > 0 { _ = try await charge(points, to: user) }
        let reservation = try await hold(seats, for: user, of: date)
        let begun = try await begin(try await request(reservation, points: points), key: key)
        let (payment, tickets) = try await complete(begun, key: key, .captured(amount: begun.card))
        return (reservation, payment, tickets)
    }

    /// Holds, begins to pay by card, and lets the hold run out before the gateway has spoken.
    func payTooLate(_ seats: [SeatID], points: Int64 = 0, key: String, for user: User, of date: ConcertDate)
        async throws -> (reservation: Reservation, payment: Payment)
    {
        if points > 0 { _ = try await charge(points, to: user) }
        let held = try await hold(seats, for: user, of: date)
        let begun = try await begin(try await request(held, points: points), key: key)
        clock.advance(seconds: 2_000)
        guard case .expired(let expired) = try await run(.expire(ExpireHold(reservationID: held.id, ownerID: user.id)))
        else { throw Unexpected() }
        return (expired, begun)
    }

    func settle(_ refund: Refund, _ result: SettleRefund.Result) async throws -> Refund {
        let command = SettleRefund(refundID: refund.id, paymentID: refund.paymentID, result: result)
        guard case .refundSettled(let settled) = try await run(.settleRefund(command)) else { throw Unexpected() }
        return settled
    }
}
