import Domain

/// A fan at a client: what it was told, and the one request that it waits for an answer to.
struct Fan: Sendable {
    struct Hold: Sendable {
        let seats: [SeatID]
        let amount: Won
        let until: Timestamp
    }

    struct Purchase: Sendable {
        let reservation: ReservationID
        let tickets: [TicketCode]
        /// What the answers said was refunded of it.
        var refunded: Int64 = 0
    }

    let id: UserID
    /// The number of the fan's queue token, once it has one.
    var queueNumber: Int64?
    /// Holds that were acknowledged and not paid or given back since.
    var holds: [ReservationID: Hold] = [:]
    var purchases: [PaymentID: Purchase] = [:]
    var refunded: Set<TicketID> = []
    var used: Set<TicketID> = []
    /// What the answers add up to.
    var balance: Int64 = 0
    var chargeCount = 0
    var pending: Request?
    /// The last request that was done, and its answer: a copy of it must be answered the same.
    var last: (request: Request, body: [UInt8])?
    var requestCount: UInt64 = 0

    init(id: UserID) {
        self.id = id
    }
}
