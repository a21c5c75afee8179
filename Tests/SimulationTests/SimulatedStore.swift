import Domain
import Ports
import Synchronization
import TestSupport

/// A store in memory that can fail in every way that a real one may: before the commit, after it, and without
/// telling which. Transactions are atomic, and what was committed survives a crash of the program.
final class SimulatedStore: SalesStore {
    /// How often a commit goes wrong, in percent.
    struct FaultRates: Sendable {
        var unavailable = 4
        var unknownBeforeCommit = 4
        var unknownAfterCommit = 4

        static let none = FaultRates(unavailable: 0, unknownBeforeCommit: 0, unknownAfterCommit: 0)
        /// The store is as good as gone.
        static let outage = FaultRates(unavailable: 60, unknownBeforeCommit: 15, unknownAfterCommit: 15)
    }

    private struct State: Sendable {
        var rows: StoredRows
        /// As they were before the last commits, the newest last: for stale reads.
        var before: [StoredRows] = []
        var random: SeededRandom
        var rates = FaultRates()
        var decidedAt: Timestamp
    }

    private let clock: SimulatedClock
    private let tampering: Tampering?
    private let state: Mutex<State>

    init(_ rows: StoredRows, clock: SimulatedClock, seed: UInt64, tampering: Tampering?) {
        self.clock = clock
        self.tampering = tampering
        state = Mutex(State(rows: rows, random: SeededRandom(seed: seed), decidedAt: clock.now()))
    }

    var rows: StoredRows { state.withLock { $0.rows } }
    /// When the last batch was decided.
    var decidedAt: Timestamp { state.withLock { $0.decidedAt } }

    func setRates(_ rates: FaultRates) {
        state.withLock { $0.rates = rates }
    }

    /// The program that used this store has crashed. What was committed stays, as it should.
    func crash() {
        guard tampering == .crashesLoseCommits else { return }
        state.withLock { state in
            if let older = state.before.first { state.rows = older }
        }
    }

    // MARK: The port

    func commit<Result: Sendable>(
        _ keys: RowKeys, decide: @Sendable @escaping (inout Rows, Timestamp) -> Result
    ) async throws(Fault) -> Result {
        let now = clock.now()
        let outcome = state.withLock { state -> Swift.Result<Result, Fault> in
            let rates = state.rates
            let lot = Int.random(in: 0..<100, using: &state.random)
            if lot < rates.unavailable { return .failure(fault(.unavailable)) }
            if lot < rates.unavailable + rates.unknownBeforeCommit { return .failure(fault(.outcomeUnknown)) }
            let source = readsStale(&state) ? (state.before.last ?? state.rows) : state.rows
            var rows = source.rows(for: keys)
            tamper(with: &rows, keys: keys)
            let result = decide(&rows, now)
            state.decidedAt = now
            save(rows, in: &state)
            let isUnknown = lot >= 100 - rates.unknownAfterCommit
            return isUnknown ? .failure(fault(.outcomeUnknown)) : .success(result)
        }
        return try outcome.get()
    }

    func overdueHolds(limit: Int) async throws(Fault) -> [ExpireHold] {
        let now = clock.now()
        return rows.reservations.values
            .filter { isSwept($0) && $0.expiresAt <= now }
            .sorted { ($0.expiresAt, $0.id) < ($1.expiresAt, $1.id) }
            .prefix(limit).map { ExpireHold(reservationID: $0.id, ownerID: $0.userID) }
    }

    private func isSwept(_ reservation: Reservation) -> Bool {
        reservation.status == .pending || reservation.status == .confirmed && tampering != .confirmedHoldsAreNotSwept
    }

    func forgetAnswers(olderThanSeconds seconds: Int, limit: Int) async throws(Fault) -> Int {
        let moment = clock.now().adding(seconds: -seconds)
        return state.withLock { state in
            let old = state.rows.answers.values.filter { $0.createdAt < moment }.map(\.scope).sorted().prefix(limit)
            for scope in old { state.rows.answers[scope] = nil }
            return old.count
        }
    }

    func claimQueueNumbers(count: Int64) -> Int64 {
        state.withLock { state in
            defer { state.rows.nextQueueNumber += count }
            return state.rows.nextQueueNumber
        }
    }

    // MARK: How

    private func fault(_ code: Fault.Code) -> Fault {
        Fault(code, attempt: "commit a batch", reason: "simulated")
    }

    private func save(_ rows: Rows, in state: inout State) {
        let hasMoney = !rows.payments.changed.isEmpty || !rows.refunds.changed.isEmpty
        guard hasMoney || !rows.events.isEmpty || !rows.answers.changed.isEmpty else { return }
        state.before.append(state.rows)
        if state.before.count > 3 { state.before.removeFirst() }
        if tampering == .commitsAreLost, state.random.isLucky(percent: 5) { return }
        let older = state.rows
        state.rows.save(rows)
        if tampering == .recordsAreLost { state.rows.answers = [:] }
        if tampering == .refundsAreLost { state.rows.refunds = [:] }
        if tampering == .houseTransfersAreLost { state.rows.transfers.removeAll { $0.wallet == nil } }
        if tampering == .fencesStayOld {
            for id in rows.retaken {
                guard let seats = older.reservations[id]?.seats else { continue }
                state.rows.reservations[id]?.seats = seats
            }
        }
        if tampering == .commitsAreTorn, state.random.isLucky(percent: 20) { state.rows.tickets = older.tickets }
    }

    private func readsStale(_ state: inout State) -> Bool {
        tampering == .readsAreStale && state.random.isLucky(percent: 20)
    }

    private func tamper(with rows: inout Rows, keys: RowKeys) {
        switch tampering {
        case .deadlineIsInclusive: shiftDeadlines(of: keys.seats, by: 1, in: &rows)
        case .deadlineIsEarly: shiftDeadlines(of: keys.seats, by: -1, in: &rows)
        case .fenceIsSkipped:
            for id in keys.reservations {
                for reserved in rows.reservations[id]?.seats ?? [] {
                    guard var seat = rows.seats[reserved.id] else { continue }
                    seat.reservationID = id
                    seat.fence = reserved.fence
                    rows.read(seat)
                }
            }
        default: break
        }
    }

    private func shiftDeadlines(of seats: Set<SeatID>, by milliseconds: Int64, in rows: inout Rows) {
        for id in seats {
            guard var seat = rows.seats[id], let until = seat.heldUntil else { continue }
            seat.heldUntil = until.adding(milliseconds: milliseconds)
            rows.read(seat)
        }
    }
}
