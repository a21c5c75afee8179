public import Domain
public import Ports

enum EventStatement: String, StatementSet {
    case insert = """
        INSERT INTO events (id, kind, subject_id, version, date_id, user_id, amount, seats, at)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """
    /// Positions are given in this order. Of two transactions that change the same row, the second gets its positions
    /// after the first has committed: so the events of one subject lie in the order of its changes.
    case announce = """
        INSERT INTO outbox (event_id)
        SELECT new.id FROM unnest($1) WITH ORDINALITY AS new (id, place) ORDER BY new.place
        """
    /// Always from the front: a transaction that commits later may have lower positions.
    case undelivered = """
        SELECT e.id, e.kind, e.subject_id, e.version, e.date_id, e.user_id, e.amount, e.seats, e.at
        FROM (SELECT position, event_id FROM outbox ORDER BY position LIMIT $1) AS o JOIN events AS e ON e.id = o.event_id
        ORDER BY o.position
        """
    /// A page of it, from the front on.
    case positions = "SELECT position, event_id FROM outbox WHERE position > $1 ORDER BY position LIMIT $2"
    /// Each through the index. A list of ids, which has no index here, would be gone through for every row.
    case deliver = "DELETE FROM outbox WHERE position = ANY ($1)"
    case undeliveredCount = "SELECT count(*) FROM outbox"
}

extension Event {
    init(_ row: Columns) throws {
        self.init(
            id: try row.id(0), kind: try row.word(1), subjectID: try row.id(2), version: try row.int(3),
            dateID: try row.optionalID(4), userID: try row.optionalID(5), amount: try row.won(6),
            seats: row.withBytes(7) { SeatList.seats(in: $0) }, at: try row.time(8))
    }

    /// Appends events to the history and to the outbox.
    static func insert(_ rows: [Event]) -> [Request] {
        guard !rows.isEmpty else { return [] }
        return [
            Request(
                EventStatement.insert, Column(rows) { $0.id }, Column(rows) { $0.kind }, Column(rows) { $0.subjectID },
                Column(rows) { $0.version }, Column(rows) { $0.dateID }, Column(rows) { $0.userID },
                Column(rows) { $0.amount }, Column(rows) { SeatList($0.seats) }, Column(rows) { $0.at }),
            Request(EventStatement.announce, Column(rows) { $0.id }),
        ]
    }
}

/// The seats of an event as one value: 25 bytes a seat, which are its id (16), its grade (1) and its price (8), most
/// significant byte first. They are only ever read together with their event, so rows of their own would buy nothing.
struct SeatList: Bindable {
    static let bytesPerSeat = 25
    static var type: PostgresType { .bytea }
    private let seats: [Event.Seat]

    init(_ seats: [Event.Seat]) {
        self.seats = seats
    }

    func write(to bytes: inout [UInt8]) {
        for seat in seats {
            seat.id.write(to: &bytes)
            bytes.append(UInt8(clamping: seat.grade))
            seat.price.write(to: &bytes)
        }
    }

    static func seats(in bytes: UnsafeRawBufferPointer) -> [Event.Seat] {
        stride(from: 0, to: bytes.count - bytesPerSeat + 1, by: bytesPerSeat).map { offset in
            func word(_ more: Int) -> UInt64 {
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + more, as: UInt64.self))
            }
            return Event.Seat(
                id: SeatID(high: word(0), low: word(8)), grade: Int(bytes[offset + 16]),
                price: Won(Int64(bitPattern: word(17))))
        }
    }
}

extension PostgresStore {
    public func undelivered(limit: Int) async throws(Fault) -> [Event] {
        try await read("read the outbox") { db in
            try db.run(Request(EventStatement.undelivered, limit)).all(Event.init)
        }
    }

    /// What was delivered was read from the front of the outbox, so its positions are found in the first page: no index
    /// on the event's id has to be kept up with every commit for this. Only when another relay has marked some of it in
    /// the meantime are all pages looked through.
    public func markDelivered(_ events: [EventID]) async throws(Fault) {
        guard !events.isEmpty else { return }
        try await write("mark \(events.count) events as delivered") { db in
            var missing = Set(events)
            var delivered: [Int64] = []
            var last: Int64 = 0
            let pageSize = events.count * 2 + 100
            while !missing.isEmpty {
                let page = try db.run(Request(EventStatement.positions, last, pageSize))
                try page.each { row in
                    last = try row.integer(0)
                    if missing.remove(try row.id(1)) != nil { delivered.append(last) }
                }
                guard page.count == pageSize else { break }
            }
            guard !delivered.isEmpty else { return }
            _ = try db.commit([Request(EventStatement.deliver, Column(delivered))])
        }
    }

    public func undeliveredCount() async throws(Fault) -> Int {
        try await read("count undelivered events") { db in
            try db.run(Request(EventStatement.undeliveredCount)).first { try $0.int(0) } ?? 0
        }
    }
}
