/// Stores that a card is about to be asked to pay, before the gateway is called: `REQUESTED` → `UNKNOWN`.
///
/// From now on nobody knows what becomes of it until the gateway says so, not even if the program ends this instant.
public struct BeginCapture: Sendable {
    /// What a gateway's key may be: 1 to 200 characters.
    public static let keyLengthMax = 200

    public let userID: UserID
    public let paymentID: PaymentID
    public let paymentKey: String
    /// What the gateway's page told the browser the card is to pay; nil when the client does not say.
    public let amount: Won?
    public let policy: PaymentPolicy
    /// How long whoever asks may take.
    public let tryMs: Int

    public init(
        userID: UserID, paymentID: PaymentID, paymentKey: String, amount: Won?, policy: PaymentPolicy, tryMs: Int
    ) {
        self.userID = userID
        self.paymentID = paymentID
        self.paymentKey = paymentKey
        self.amount = amount
        self.policy = policy
        self.tryMs = tryMs
    }

    /// Not an error: a payment that is settled already with this key is the outcome again.
    func decide(on rows: Rows, ids: inout IDSource, now: Timestamp) throws(Refusal) -> Decision {
        guard var payment = rows.payments[paymentID], payment.userID == userID else { throw .notFound }
        guard payment.card > .zero else { throw .wrongState }
        if payment.status == .requested, let date = payment.reservationID.flatMap({ rows.reservations[$0]?.dateID }),
            let sale = rows.sales[date], sale.isCancelled
        {
            throw .saleClosed
        }
        switch payment.status {
        case .requested: break
        // Somebody is asking. Past that time whoever comes may ask again.
        case .unknown: if let tryAt = payment.tryAt, tryAt > now { throw .paymentUnderWay(until: tryAt) }
        case .captured, .declined, .partiallyRefunded, .refunded:
            guard payment.gatewayKey == paymentKey else { throw .wrongState }
            return Decision(.paymentSettled(payment, rows.validTickets(of: payment), wallet: rows.wallets[userID]))
        }

        var decision = Decision(.unchanged)
        if let reservation = payment.reservationID.flatMap({ rows.reservations[$0] }) {
            decision = try keeping(reservation, on: rows, now: now)
        }
        if let amount, amount != payment.card { throw .amountMismatch(expected: payment.card) }
        if let owner = rows.owner(ofKey: paymentKey), owner != paymentID { throw .paymentKeyInvalid }
        // What became of a capture that has begun is asked with its own key.
        if payment.status == .unknown, payment.gatewayKey != paymentKey { throw .paymentKeyInvalid }
        payment.status = .unknown
        payment.gatewayKey = paymentKey
        payment.tryAt = now.adding(milliseconds: Int64(tryMs))
        decision.payments = [payment]
        decision.outcome = .captureBegun(payment)
        return decision
    }

    /// Moves the deadline, so that it does not pass while the gateway works.
    private func keeping(
        _ reservation: Reservation, on rows: Rows, now: Timestamp
    ) throws(Refusal) -> Decision {
        // What became of a capture before, the reconciler finds out; nobody starts one for seats that are gone.
        guard reservation.status == .confirmed, reservation.expiresAt > now else { throw .holdExpired }
        var kept = reservation
        kept.expiresAt = policy.deadline(of: reservation, atCapture: now)
        var decision = Decision(.unchanged)
        guard kept.expiresAt != reservation.expiresAt else { return decision }
        decision.reservations = [kept]
        decision.seats = try rows.ownedSeats(of: kept).map { $0.awaitingPayment(until: kept.expiresAt) }
        return decision
    }
}
