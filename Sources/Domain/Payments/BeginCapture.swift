/// Stores that a card is about to be asked to pay, before the gateway is called: `REQUESTED` → `UNKNOWN`.
///
/// From now on nobody knows what becomes of it until the gateway says so, not even if the program ends this instant.
public struct BeginCapture: Sendable {
    /// What a browser or a webhook may call a gateway's key: 1 to 200 letters, digits, `_` and `-`. It becomes a part of
    /// addresses and headers. Keys that are stored, or that the gateway itself says, may have come by a wider rule.
    public static let keyLengthMax = 200
    public static func isKey(_ text: String) -> Bool {
        (1...keyLengthMax).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    public let userID: UserID
    public let paymentID: PaymentID
    public let paymentKey: String
    /// What the gateway's page told the browser the card is to pay; nil when the client does not say.
    public let amount: Won?
    public let policy: PaymentPolicy
    /// Who asks.
    public let claim: ClaimID
    /// How long whoever asks may take.
    public let tryMs: Int

    public init(
        userID: UserID, paymentID: PaymentID, paymentKey: String, amount: Won?, policy: PaymentPolicy, claim: ClaimID,
        tryMs: Int
    ) {
        self.userID = userID
        self.paymentID = paymentID
        self.paymentKey = paymentKey
        self.amount = amount
        self.policy = policy
        self.claim = claim
        self.tryMs = tryMs
    }

    /// Not an error: a payment that is settled already with this key is the outcome again, and so is a capture that this
    /// claim has begun already, since the commit before had an outcome nobody knew.
    func decide(on rows: Rows, ids: inout IDSource, now: Timestamp) throws(Refusal) -> Decision {
        guard var payment = rows.payments[paymentID], payment.userID == userID else { throw .notFound }
        guard payment.card > .zero else { throw .wrongState }
        let reservation = payment.reservationID.flatMap { rows.reservations[$0] }
        let isCancelled = reservation.flatMap { rows.sales[$0.dateID]?.isCancelled } ?? false
        if payment.status == .requested, isCancelled { throw .saleClosed }
        switch payment.status {
        case .requested: break
        case .unknown:
            if let tryAt = payment.tryAt, tryAt > now {
                // Somebody is asking. Past that time whoever comes may ask again.
                guard payment.claim == claim else { throw .paymentUnderWay(until: tryAt) }
                return Decision(.captureBegun(payment))
            }
            // What became of it is still asked, but nobody begins a capture for what cannot be sold any more.
            if let reservation, isCancelled || !isHeld(reservation, at: now) { throw .paymentUnderWay(until: now) }
        case .captured, .declined, .partiallyRefunded, .refunded:
            guard payment.gatewayKey == paymentKey else { throw .wrongState }
            return Decision(.paymentSettled(payment, rows.validTickets(of: payment), wallet: rows.wallets[userID]))
        }

        var decision = Decision(.unchanged)
        if let reservation { decision = try keeping(reservation, on: rows, now: now) }
        if let amount, amount != payment.card { throw .amountMismatch(expected: payment.card) }
        if let owner = rows.owner(ofKey: paymentKey), owner != paymentID { throw .paymentKeyInvalid }
        // What became of a capture that has begun is asked with its own key.
        if payment.status == .unknown, payment.gatewayKey != paymentKey { throw .paymentKeyInvalid }
        if payment.status != .unknown { payment.unknownSince = now }
        payment.status = .unknown
        payment.gatewayKey = paymentKey
        payment.claim = claim
        payment.tryAt = now.adding(milliseconds: Int64(tryMs))
        decision.payments = [payment]
        decision.outcome = .captureBegun(payment)
        return decision
    }

    /// Moves the deadline, so that it does not pass while the gateway works.
    private func keeping(
        _ reservation: Reservation, on rows: Rows, now: Timestamp
    ) throws(Refusal) -> Decision {
        guard isHeld(reservation, at: now) else { throw .holdExpired }
        var kept = reservation
        kept.expiresAt = policy.deadline(of: reservation, atCapture: now)
        var decision = Decision(.unchanged)
        guard kept.expiresAt != reservation.expiresAt else { return decision }
        decision.reservations = [kept]
        decision.seats = try rows.ownedSeats(of: kept).map { $0.awaitingPayment(until: kept.expiresAt) }
        return decision
    }

    private func isHeld(_ reservation: Reservation, at now: Timestamp) -> Bool {
        reservation.status == .confirmed && reservation.expiresAt > now
    }
}
