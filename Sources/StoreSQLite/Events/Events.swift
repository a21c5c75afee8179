public import Domain
internal import GRDB
public import Ports

enum EventStatement: String, StatementSet {
    case insert = """
        INSERT INTO events (id, kind, subject_id, version, date_id, user_id, amount, seats, at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    case announce = "INSERT INTO outbox (event_id) VALUES (?)"
    /// By position, which is the order of commits: ids are not, after a clock was set back.
    case undelivered = """
        SELECT e.id, e.kind, e.subject_id, e.version, e.date_id, e.user_id, e.amount, e.seats, e.at
        FROM outbox AS o JOIN events AS e ON e.id = o.event_id
        ORDER BY o.position LIMIT ?
        """
    case positions = "SELECT position, event_id FROM outbox ORDER BY position"
    case deliver = "DELETE FROM outbox WHERE position = ?"
    case undeliveredCount = "SELECT count(*) FROM outbox"
}

/// Events as rows: how they are told apart from the table's point of view.
enum EventLogRow {
    /// Appends events to the history and to the outbox.
    static func insert(_ events: [Event], on db: Database) throws {
        guard !events.isEmpty else { return }
        let insert = try PreparedStatement(EventStatement.insert, on: db)
        let announce = try PreparedStatement(EventStatement.announce, on: db)
        for event in events {
            try insert.run(
                event.id, event.kind, event.subjectID, event.version, event.dateID, event.userID, event.amount,
                SeatList(event.seats), event.at)
            try announce.run(event.id)
        }
    }

    static func read(_ row: Columns) throws -> Event {
        Event(
            id: try row.id(0), kind: try row.word(1), subjectID: try row.id(2), version: row.int(3),
            dateID: try row.optionalID(4), userID: try row.optionalID(5), amount: row.won(6),
            seats: row.withBytes(7) { SeatList.seats(in: $0) }, at: row.time(8))
    }
}

/// The seats of an event as one blob: 25 bytes a seat, which are its id (16), its grade (1) and its price (8), most
/// significant byte first. They are only ever read together with their event, so rows of their own would buy nothing.
struct SeatList: Bindable {
    static let bytesPerSeat = 25
    private let seats: [Event.Seat]

    init(_ seats: [Event.Seat]) {
        self.seats = seats
    }

    func bind(to target: inout BindingTarget) {
        withUnsafeTemporaryAllocation(byteCount: seats.count * Self.bytesPerSeat, alignment: 1) { buffer in
            var offset = 0
            for seat in seats {
                buffer.storeBytes(of: seat.id.high.bigEndian, toByteOffset: offset, as: UInt64.self)
                buffer.storeBytes(of: seat.id.low.bigEndian, toByteOffset: offset + 8, as: UInt64.self)
                buffer.storeBytes(of: UInt8(clamping: seat.grade), toByteOffset: offset + 16, as: UInt8.self)
                buffer.storeBytes(of: seat.price.amount.bigEndian, toByteOffset: offset + 17, as: Int64.self)
                offset += Self.bytesPerSeat
            }
            target.bind(blob: UnsafeRawBufferPointer(buffer))
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

extension SQLiteStore {
    public func undelivered(limit: Int) async throws(Fault) -> [Event] {
        try await read("read the outbox") { db in
            try PreparedStatement(EventStatement.undelivered, on: db).all(limit, as: EventLogRow.read)
        }
    }

    /// What was delivered was read from the front of the outbox, so its positions are found there: no index on the
    /// event's id has to be kept up with every commit for this.
    public func markDelivered(_ events: [EventID]) async throws(Fault) {
        guard !events.isEmpty else { return }
        try await write("mark \(events.count) events as delivered") { db in
            var wanted = Set(events)
            var positions: [Int64] = []
            try PreparedStatement(EventStatement.positions, on: db).scan { row in
                if wanted.remove(try row.id(1)) != nil { positions.append(row.integer(0)) }
                return !wanted.isEmpty
            }
            let deliver = try PreparedStatement(EventStatement.deliver, on: db)
            for position in positions { try deliver.run(position) }
        }
    }

    public func undeliveredCount() async throws(Fault) -> Int {
        try await read("count undelivered events") { db in
            try PreparedStatement(EventStatement.undeliveredCount, on: db).first { $0.int(0) } ?? 0
        }
    }
}
