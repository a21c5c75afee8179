public import Domain

/// Commits sales: one transaction for many commands.
public protocol SalesStore: Sendable {
    /// Reads the rows of `keys` and locks them, asks `decide` what becomes of them, saves all that changed, and
    /// commits, in one transaction.
    ///
    /// - Parameters:
    ///   - keys: What to read. A row that does not exist is simply missing in `Rows`.
    ///   - decide: Called once with the rows and the time of the batch; changes the rows. Pure: it may be called
    ///     again with fresh rows when the transaction is run again.
    /// - Throws: ``Fault``. With `outcomeUnknown` the caller finds out by running the same batch again: the
    ///   idempotency records and the states of the rows tell what has happened.
    func commit<Result: Sendable>(
        _ keys: RowKeys, decide: @Sendable @escaping (inout Rows, Timestamp) -> Result
    ) async throws(Fault) -> Result

    /// Holds whose deadline has come, also those that wait for a card, the oldest first: by the clock that batches are
    /// decided by, as whoever asks may be an hour behind.
    func overdueHolds(limit: Int) async throws(Fault) -> [ExpireHold]

    /// Forgets idempotency records that are older, by the clock that they are dated with. Returns how many, at most
    /// `limit`.
    func forgetAnswers(olderThanSeconds seconds: Int, limit: Int) async throws(Fault) -> Int
}

/// Reads what fans and staff ask for. Answers come from committed data only.
public protocol SalesReader: Sendable {
    func wallet(of user: UserID) async throws(Fault) -> Wallet
    /// The newest first. `before` is the last id of the page before.
    func transfers(of user: UserID, before: TransferID?, limit: Int) async throws(Fault) -> [Transfer]
    func reservation(_ id: ReservationID) async throws(Fault) -> Reservation?
    func reservations(of user: UserID, before: ReservationID?, limit: Int) async throws(Fault) -> [Reservation]
    /// Of all fans, the newest first. `before` is where the page before ended.
    func reservations(matching filter: ReservationFilter, before: ReservationID?, limit: Int) async throws(Fault)
        -> ReservationPage
    func payment(_ id: PaymentID) async throws(Fault) -> Payment?
    /// In the order they were requested.
    func payments(of reservation: ReservationID) async throws(Fault) -> [Payment]
    /// The tickets of one reservation, refunded ones too, in the order they were issued.
    func tickets(of reservation: ReservationID) async throws(Fault) -> [Ticket]
    func ticket(_ id: TicketID) async throws(Fault) -> Ticket?
    func tickets(of user: UserID, before: TicketID?, limit: Int) async throws(Fault) -> [Ticket]
}
