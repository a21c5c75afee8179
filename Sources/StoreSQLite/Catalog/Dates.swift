public import Domain
internal import GRDB
public import Ports

extension ConcertDate {
    /// The row alone: its grades are read by ``CatalogStatement/grades``.
    init(_ row: Columns) throws {
        self.init(
            id: try row.id(0), concertID: try row.id(1), startsAt: row.time(2), saleOpensAt: row.time(3),
            saleClosesAt: row.time(4), isCancelled: row.bool(5),
            queue: QueueSettings(
                activeMax: row.int(6), admitPerSecond: row.int(7), activeSeconds: row.int(8),
                seatsPerFanMax: row.int(9), isPaused: row.bool(10)),
            drawSeed: row.bytes(11), createdAt: row.time(12))
    }

    static func read(_ id: DateID, on db: Database) throws -> ConcertDate? {
        let found = try PreparedStatement(CatalogStatement.date, on: db).first(id) { try ConcertDate($0) }
        guard var date = found else { return nil }
        date.grades = try grades(of: id, on: db)
        return date
    }

    static func grades(of date: DateID, on db: Database) throws -> [Grade] {
        try PreparedStatement(CatalogStatement.grades, on: db).all(date) { Grade(name: $0.text(0), price: $0.won(1)) }
    }
}

extension SQLiteStore {
    public func date(_ id: DateID) async throws(Fault) -> ConcertDate? {
        try await read("read a date") { db in try ConcertDate.read(id, on: db) }
    }

    public func dates(of concert: ConcertID) async throws(Fault) -> [ConcertDate] {
        try await read("list the dates of a concert") { db in
            let dates = try PreparedStatement(CatalogStatement.datesOfConcert, on: db).all(
                concert, as: ConcertDate.init)
            return try Self.withGrades(dates, on: db)
        }
    }

    public func dates(of concerts: [ConcertID]) async throws(Fault) -> [ConcertDate] {
        try await read("list the dates of concerts") { db in
            let dates = try concerts.flatMap { concert in
                try PreparedStatement(CatalogStatement.datesOfConcert, on: db).all(concert, as: ConcertDate.init)
            }
            return try Self.withGrades(dates, on: db).sorted { ($0.startsAt, $0.id) < ($1.startsAt, $1.id) }
        }
    }

    public func dates(closingAfter moment: Timestamp, limit: Int)
        async throws(Fault) -> [(date: ConcertDate, isOnSale: Bool)]
    {
        try await read("list the dates to sell") { db in
            let found = try PreparedStatement(CatalogStatement.datesClosingAfter, on: db)
                .all(moment, limit) { (date: try ConcertDate($0), isOnSale: $0.bool(13)) }
            return zip(try Self.withGrades(found.map(\.date), on: db), found).map { ($0, $1.isOnSale) }
        }
    }

    public func add(_ date: ConcertDate, event: Event, action: StaffAction?, answer: StoredAnswer?) async throws(Fault)
    {
        try await write("add a date") { db in
            try PreparedStatement(CatalogStatement.insertDate, on: db).run(
                date.id, date.concertID, date.startsAt, date.saleOpensAt, date.saleClosesAt, date.isCancelled,
                date.queue.activeMax, date.queue.admitPerSecond, date.queue.activeSeconds, date.queue.seatsPerFanMax,
                date.queue.isPaused, date.drawSeed, date.createdAt)
            try CatalogChange(date, event: event, action: action, answer: answer).insertNotes(on: db)
        }
    }

    public func change(_ date: DateID, _ change: @Sendable @escaping (ConcertDate) -> CatalogChange<ConcertDate>)
        async throws(Fault) -> (before: ConcertDate, after: ConcertDate)?
    {
        try await write("change a date") { db in
            guard let found = try ConcertDate.read(date, on: db) else { return nil }
            let changed = change(found)
            let row = changed.row
            try PreparedStatement(CatalogStatement.updateDate, on: db).run(
                row.startsAt, row.saleOpensAt, row.saleClosesAt, row.isCancelled, row.queue.activeMax,
                row.queue.admitPerSecond, row.queue.activeSeconds, row.queue.seatsPerFanMax, row.queue.isPaused,
                row.drawSeed, date)
            try changed.insertNotes(on: db)
            return (found, row)
        }
    }

    public func delete(_ date: DateID, action: StaffAction?) async throws(Fault) -> CatalogRefusal? {
        try await write("delete a date") { db in
            guard try ConcertDate.read(date, on: db) != nil else { return .notFound }
            guard try !Self.wasEverClaimed(date, on: db) else { return .hasReservations }
            try Self.remove(date, on: db)
            try action?.insert(on: db)
            return nil
        }
    }

    public func claimQueueNumbers(of date: DateID, count: Int64) async throws(Fault) -> Int64 {
        let first = try await write("claim queue numbers") { db in
            try PreparedStatement(CatalogStatement.claimQueueNumbers, on: db).first(date, count) { $0.integer(0) }
        }
        guard let first else {
            throw Fault(.constraint, attempt: "claim queue numbers", reason: "there is no date \(date)")
        }
        return first
    }

    /// Removes a date of which no seat was ever claimed. Its events stay, as all events do.
    static func remove(_ date: DateID, on db: Database) throws {
        try PreparedStatement(SeatMapStatement.deleteOfDate, on: db).run(date)
        try PreparedStatement(CatalogStatement.deleteGrades, on: db).run(date)
        try PreparedStatement(CatalogStatement.deleteLayout, on: db).run(date)
        try PreparedStatement(DrawStatement.delete, on: db).run(date)
        try PreparedStatement(CatalogStatement.deleteFigures, on: db).run(date)
        try PreparedStatement(CatalogStatement.deleteMinutes, on: db).run(date)
        try PreparedStatement(CatalogStatement.deleteDate, on: db).run(date)
    }

    private static func withGrades(_ dates: [ConcertDate], on db: Database) throws -> [ConcertDate] {
        try dates.map { date in
            var date = date
            date.grades = try ConcertDate.grades(of: date.id, on: db)
            return date
        }
    }
}
