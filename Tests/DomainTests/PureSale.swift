import Domain
import TestSupport

/// A small sale without a store: rows in memory, time that a test sets, ids from a seed. Commands are decided and
/// applied as a batch would.
///
/// Ten seats: 0 to 5 of grade VIP at 150,000 won and 6 to 9 of grade R at 90,000. The sale opens at 12:00:00.000 and
/// closes an hour later. A fan may have four seats.
struct PureSale {
    static let noon = Timestamp(milliseconds: 1_795_348_800_000)

    let date: DateID = .sample(1)
    let fan: UserID = .sample(10)
    let rival: UserID = .sample(11)
    var rows = Rows()
    var now = PureSale.noon
    var ids = IDSource(random: SeededRandom(seed: 1))

    let grades: [Grade]

    /// - Parameter isCancelled: Whether the date was called off.
    init(isCancelled: Bool = false, prices: [Int64] = [150_000, 90_000]) {
        grades = [Grade(name: "VIP", price: Won(prices[0])), Grade(name: "R", price: Won(prices[1]))]
        rows.read(
            Sale(
                dateID: date, opensAt: Self.noon, closesAt: Self.noon.adding(seconds: 3600), isCancelled: isCancelled,
                grades: grades, seatsPerFanMax: 4))
        for number in 0..<10 {
            rows.read(
                Seat(
                    id: seat(number), dateID: date,
                    label: SeatLabel(section: "A", row: "1", number: String(number + 1)), grade: number < 6 ? 0 : 1))
        }
        for user in [fan, rival] { rows.read([], of: FanOnDate(userID: user, dateID: date)) }
    }

    func seat(_ number: Int) -> SeatID { .sample(100 + UInt64(number)) }

    // MARK: Deciding

    /// Decides without applying: what the next command would come to.
    func decision(_ command: Command) throws(Refusal) -> Decision {
        var ids = ids
        return try command.decide(on: rows, ids: &ids, now: now)
    }

    func refusal(_ command: Command) -> Refusal? {
        do throws(Refusal) {
            _ = try decision(command)
            return nil
        } catch {
            return error
        }
    }

    /// Decides and applies.
    @discardableResult
    mutating func run(_ command: Command) throws(Refusal) -> Decision {
        let decision = try command.decide(on: rows, ids: &ids, now: now)
        rows.apply(decision)
        return decision
    }

    // MARK: Commands

    func hold(_ seats: [Int], by user: UserID? = nil, seconds: Int = 60) -> Command {
        .hold(
            HoldSeats(
                userID: user ?? fan, dateID: date, choice: .seats(seats.map { seat($0) }), holdSeconds: seconds))
    }

    func holdBest(_ count: Int, of candidates: [[Int]], by user: UserID? = nil) -> Command {
        .hold(
            HoldSeats(
                userID: user ?? fan, dateID: date,
                choice: .bestAvailable(count: count, candidates: candidates.map { run in run.map { seat($0) } }),
                holdSeconds: 60))
    }

    func pay(_ reservation: ReservationID, by user: UserID? = nil) -> Command {
        .pay(PayWithPoints(userID: user ?? fan, reservationID: reservation))
    }

    func release(_ reservation: ReservationID, by user: UserID? = nil) -> Command {
        .release(ReleaseHold(userID: user ?? fan, reservationID: reservation))
    }

    func expire(_ reservation: ReservationID, of owner: UserID? = nil) -> Command {
        .expire(ExpireHold(reservationID: reservation, ownerID: owner ?? fan))
    }

    /// A minute for the gateway's page, two after the hold began at the most; ten seconds more for the capture itself.
    static let policy = PaymentPolicy(checkoutSeconds: 60, checkoutCapSeconds: 120, captureSeconds: 10)

    func request(_ reservation: ReservationID, points: Int64 = 0, by user: UserID? = nil) -> Command {
        .requestPayment(
            RequestPayment(
                userID: user ?? fan, reservationID: reservation, points: Won(points), policy: Self.policy))
    }

    func begin(
        _ payment: PaymentID, key: String = "key-1", amount: Int64? = nil, by user: UserID? = nil, claim: UInt64 = 1
    ) -> Command {
        .beginCapture(
            BeginCapture(
                userID: user ?? fan, paymentID: payment, paymentKey: key, amount: amount.map { Won($0) },
                policy: Self.policy, claim: .sample(claim), tryMs: 5_000))
    }

    /// - Parameter claim: By itself that of whoever asks now.
    func complete(
        _ payment: PaymentID, _ result: CaptureResult, key: String = "key-1", claim: UInt64? = nil
    ) -> Command {
        .completePayment(
            CompletePayment(
                ownerID: fan, paymentID: payment, paymentKey: key, result: result, retryMs: 1_000,
                claim: claim.map { .sample($0) } ?? rows.payments[payment]?.claim))
    }

    func charge(_ amount: Int64, to user: UserID? = nil) -> Command {
        .charge(ChargePoints(userID: user ?? fan, amount: Won(amount)))
    }

    func refund(_ payment: PaymentID, tickets: [TicketID]? = nil, of owner: UserID? = nil) -> Command {
        .refund(RefundPayment(ownerID: owner ?? fan, paymentID: payment, ticketIDs: tickets))
    }

    func checkIn(_ code: TicketCode, gate: String? = "Gate 3", date: DateID? = nil) -> Command {
        .checkIn(CheckIn(code: code, gate: gate, dateID: date))
    }

    // MARK: Arranging

    /// A hold that succeeds.
    @discardableResult
    mutating func held(_ seats: [Int], by user: UserID? = nil, seconds: Int = 60) throws -> Reservation {
        try run(hold(seats, by: user, seconds: seconds)).reservation
    }

    /// A hold that was paid from a wallet that had just enough.
    mutating func paid(_ seats: [Int], by user: UserID? = nil) throws -> (payment: Payment, tickets: [Ticket]) {
        let reservation = try held(seats, by: user)
        if reservation.amount > .zero { try run(charge(reservation.amount.amount, to: user)) }
        let decision = try run(pay(reservation.id, by: user))
        return (try decision.payment, decision.tickets)
    }

    func balance(of user: UserID? = nil) -> Won {
        rows.wallets[user ?? fan]?.balance ?? .zero
    }

    /// The sum of every account of the ledger, by account.
    var ledger: [ID<Account>: Int64] {
        var accounts: [ID<Account>: Int64] = [:]
        for transfer in rows.transfers {
            accounts[transfer.from, default: 0] -= transfer.amount.amount
            accounts[transfer.to, default: 0] += transfer.amount.amount
        }
        return accounts
    }
}

/// A decision did not change what a test takes for granted.
struct Missing: Error {
    let what: String
}

extension Decision {
    /// The one reservation that changed.
    var reservation: Reservation {
        get throws {
            guard let first = reservations.first, reservations.count == 1 else { throw Missing(what: "reservation") }
            return first
        }
    }

    /// The one payment that changed.
    var payment: Payment {
        get throws {
            guard let first = payments.first, payments.count == 1 else { throw Missing(what: "payment") }
            return first
        }
    }
}

extension PureSale {
    /// Every payment and refund there is, in the order they were made.
    var payments: [Payment] { rows.payments.changed }
    var refunds: [Refund] { rows.refunds.changed }
}
