/// Everything that changes seats, reservations, payments, wallets or tickets. Each is decided by a pure function.
public enum Command: Sendable {
    case hold(HoldSeats)
    case release(ReleaseHold)
    case expire(ExpireHold)
    case block(BlockSeats)
    case charge(ChargePoints)
    case pay(PayWithPoints)
    case requestCharge(RequestCharge)
    case requestPayment(RequestPayment)
    case beginCapture(BeginCapture)
    case askAgain(AskAgain)
    case handBack(HandBack)
    case completePayment(CompletePayment)
    case letPaymentGo(LetPaymentGo)
    case expireCharge(ExpireCharge)
    case settleRefund(SettleRefund)
    case settleRefundByHand(SettleRefundByHand)
    case reportDifference(ReportDifference)
    case refund(RefundPayment)
    case checkIn(CheckIn)

    /// Adds the rows that deciding this command needs.
    public func addKeys(to keys: inout RowKeys) {
        switch self {
        case .hold(let command):
            keys.dates.insert(command.dateID)
            keys.claims.insert(FanOnDate(userID: command.userID, dateID: command.dateID))
            switch command.choice {
            case .seats(let ids): keys.seats.formUnion(ids)
            case .bestAvailable(_, let candidates): for run in candidates { keys.seats.formUnion(run) }
            }
        case .release(let command):
            keys.wallets.insert(command.userID)
            keys.reservations.insert(command.reservationID)
        case .expire(let command):
            keys.wallets.insert(command.ownerID)
            keys.reservations.insert(command.reservationID)
        case .block(let command):
            keys.dates.insert(command.dateID)
            keys.seats.formUnion(command.seatIDs)
        case .charge(let command): keys.wallets.insert(command.userID)
        case .requestCharge(let command): keys.wallets.insert(command.userID)
        case .requestPayment(let command):
            keys.wallets.insert(command.userID)
            keys.reservations.insert(command.reservationID)
        case .beginCapture(let command):
            keys.wallets.insert(command.userID)
            keys.payments.insert(command.paymentID)
            keys.gatewayKeys.insert(command.paymentKey)
        case .askAgain(let command): keys.payments.insert(command.paymentID)
        case .handBack(let command): keys.payments.insert(command.paymentID)
        case .letPaymentGo(let command):
            keys.wallets.insert(command.ownerID)
            keys.payments.insert(command.paymentID)
        case .expireCharge(let command): keys.payments.insert(command.paymentID)
        case .completePayment(let command):
            keys.wallets.insert(command.ownerID)
            keys.payments.insert(command.paymentID)
            keys.gatewayKeys.insert(command.paymentKey)
        case .settleRefund(let command):
            keys.payments.insert(command.paymentID)
            keys.refunds.insert(command.refundID)
        case .settleRefundByHand(let command): keys.refunds.insert(command.refundID)
        case .reportDifference: break
        case .pay(let command):
            keys.wallets.insert(command.userID)
            keys.reservations.insert(command.reservationID)
        case .refund(let command):
            keys.wallets.insert(command.ownerID)
            keys.payments.insert(command.paymentID)
        case .checkIn(let command): keys.tickets.insert(command.code.ticketID)
        }
    }

    /// Whose wallet or seats the command is about, when it names them.
    public var fan: UserID? {
        switch self {
        case .hold(let command): command.userID
        case .release(let command): command.userID
        case .charge(let command): command.userID
        case .pay(let command): command.userID
        case .requestCharge(let command): command.userID
        case .requestPayment(let command): command.userID
        case .beginCapture(let command): command.userID
        case .askAgain(let command): command.ownerID
        case .handBack(let command): command.ownerID
        case .letPaymentGo(let command): command.ownerID
        case .expireCharge(let command): command.ownerID
        case .completePayment(let command): command.ownerID
        case .refund(let command): command.ownerID
        case .expire(let command): command.ownerID
        case .block, .settleRefund, .settleRefundByHand, .reportDifference, .checkIn: nil
        }
    }

    /// Decides the command on rows that were read and locked. Pure: the same parameters give the same decision.
    ///
    /// - Parameter now: Read once a batch.
    public func decide(on rows: Rows, ids: inout IDSource, now: Timestamp) throws(Refusal) -> Decision {
        switch self {
        case .hold(let command): try command.decide(on: rows, ids: &ids, now: now)
        case .release(let command): try command.decide(on: rows, ids: &ids, now: now)
        case .expire(let command): command.decide(on: rows, ids: &ids, now: now)
        case .block(let command): try command.decide(on: rows, ids: &ids, now: now)
        case .charge(let command): try command.decide(on: rows, ids: &ids, now: now)
        case .pay(let command): try command.decide(on: rows, ids: &ids, now: now)
        case .requestCharge(let command): try command.decide(on: rows, ids: &ids, now: now)
        case .requestPayment(let command): try command.decide(on: rows, ids: &ids, now: now)
        case .beginCapture(let command): try command.decide(on: rows, ids: &ids, now: now)
        case .askAgain(let command): try command.decide(on: rows, now: now)
        case .handBack(let command): try command.decide(on: rows, now: now)
        case .letPaymentGo(let command): try command.decide(on: rows, ids: &ids, now: now)
        case .expireCharge(let command): command.decide(on: rows, ids: &ids, now: now)
        case .completePayment(let command): try command.decide(on: rows, ids: &ids, now: now)
        case .settleRefund(let command): try command.decide(on: rows, ids: &ids, now: now)
        case .settleRefundByHand(let command): try command.decide(on: rows, ids: &ids, now: now)
        case .reportDifference(let command): command.decide(ids: &ids, now: now)
        case .refund(let command): try command.decide(on: rows, ids: &ids, now: now)
        case .checkIn(let command): try command.decide(on: rows, ids: &ids, now: now)
        }
    }
}
