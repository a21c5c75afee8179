public import Domain
public import Ports

extension ConcertDate {
    /// The row alone, without its grades.
    init(_ row: Columns) throws {
        self.init(
            id: try row.id(0), concertID: try row.id(1), startsAt: try row.time(2), saleOpensAt: try row.time(3),
            saleClosesAt: try row.time(4), isCancelled: try row.bool(5),
            queue: QueueSettings(
                activeMax: try row.int(6), admitPerSecond: try row.int(7), activeSeconds: try row.int(8),
                seatsPerFanMax: try row.int(9), isPaused: try row.bool(10)),
            drawSeed: row.bytes(11), createdAt: try row.time(12))
    }

    /// Grades in their order, by the date in the first column.
    static func gradesByDate(_ result: QueryResult) throws -> [DateID: [Grade]] {
        var grades: [DateID: [Grade]] = [:]
        try result.each { row in
            grades[try row.id(0), default: []].append(Grade(name: row.text(1), price: try row.won(2)))
        }
        return grades
    }

    /// Dates with their grades, from two results.
    fileprivate static func joined(_ dates: QueryResult, grades: QueryResult) throws -> [ConcertDate] {
        let grades = try gradesByDate(grades)
        return try dates.all { row in
            var date = try ConcertDate(row)
            date.grades = grades[date.id] ?? []
            return date
        }
    }
}

extension PostgresStore {
    public func date(_ id: DateID) async throws(Fault) -> ConcertDate? {
        try await read("read a date") { db in
            let results = try db.snapshot([
                Request(CatalogStatement.date, id), Request(CatalogStatement.gradesOfDate, id),
            ])
            return try ConcertDate.joined(results[0], grades: results[1]).first
        }
    }

    public func dates(of concert: ConcertID) async throws(Fault) -> [ConcertDate] {
        try await read("list the dates of a concert") { db in
            let results = try db.snapshot([
                Request(CatalogStatement.datesOfConcert, concert), Request(CatalogStatement.gradesOfConcert, concert),
            ])
            return try ConcertDate.joined(results[0], grades: results[1])
        }
    }

    public func dates(of concerts: [ConcertID]) async throws(Fault) -> [ConcertDate] {
        try await read("list the dates of concerts") { db in
            let ids = Column(concerts)
            let results = try db.snapshot([
                Request(CatalogStatement.datesOfConcerts, ids), Request(CatalogStatement.gradesOfConcerts, ids),
            ])
            return try ConcertDate.joined(results[0], grades: results[1])
        }
    }

    public func dates(closingAfter moment: Timestamp, limit: Int)
        async throws(Fault) -> [(date: ConcertDate, isOnSale: Bool)]
    {
        try await read("list the dates to sell") { db in
            let results = try db.snapshot([
                Request(CatalogStatement.datesClosingAfter, moment, limit),
                Request(CatalogStatement.gradesClosingAfter, moment, limit),
            ])
            let isOnSale = try results[0].all { try $0.bool(13) }
            return zip(try ConcertDate.joined(results[0], grades: results[1]), isOnSale).map { ($0, $1) }
        }
    }

    public func add(_ date: ConcertDate, event: Event, action: StaffAction?, answer: StoredAnswer?) async throws(Fault)
    {
        try await write("add a date") { db in
            let insert = Request(
                CatalogStatement.insertDate, date.id, date.concertID, date.startsAt, date.saleOpensAt,
                date.saleClosesAt, date.isCancelled, date.queue.activeMax, date.queue.admitPerSecond,
                date.queue.activeSeconds, date.queue.seatsPerFanMax, date.queue.isPaused, date.drawSeed,
                date.createdAt)
            try db.commit([insert] + CatalogChange(date, event: event, action: action, answer: answer).notes)
        }
    }

    /// Waits for the batches that sell the date, as the change of a concert does.
    public func change(_ date: DateID, _ change: @Sendable @escaping (ConcertDate) -> CatalogChange<ConcertDate>)
        async throws(Fault) -> (before: ConcertDate, after: ConcertDate)?
    {
        try await write("change a date") { db in
            let first = [
                Request(LockStatement.takeDate, date), Request(CatalogStatement.date, date),
                Request(CatalogStatement.gradesOfDate, date),
            ]
            return try db.transaction(first) {
                results -> ((before: ConcertDate, after: ConcertDate)?, commit: [Request]?) in
                guard let found = try ConcertDate.joined(results[1], grades: results[2]).first else {
                    return (nil, commit: nil)
                }
                let changed = change(found)
                let row = changed.row
                let update = Request(
                    CatalogStatement.updateDate, date, row.startsAt, row.saleOpensAt, row.saleClosesAt,
                    row.isCancelled, row.queue.activeMax, row.queue.admitPerSecond, row.queue.activeSeconds,
                    row.queue.seatsPerFanMax, row.queue.isPaused, row.drawSeed)
                return ((found, row), commit: [update] + changed.notes)
            }
        }
    }

    public func delete(_ date: DateID, action: StaffAction?) async throws(Fault) -> CatalogRefusal? {
        try await write("delete a date") { db in
            try db.transaction(Self.lookBeforeRemoval(of: date)) { results -> (CatalogRefusal?, commit: [Request]?) in
                if let refusal = Self.refusal(from: results) { return (refusal, commit: nil) }
                return (nil, commit: Self.removal(of: [date]) + StaffAction.insert([action]))
            }
        }
    }

    public func claimQueueNumbers(of date: DateID, count: Int64) async throws(Fault) -> Int64 {
        let first = try await write("claim queue numbers") { db in
            try db.commit([Request(CatalogStatement.claimQueueNumbers, date, count)])[0].first { try $0.integer(0) }
        }
        guard let first else {
            throw Fault(.constraint, attempt: "claim queue numbers", reason: "there is no date \(date)")
        }
        return first
    }

    /// Locks a date against batches, and looks whether any reservation, live or over, names a seat of it.
    static func lookBeforeRemoval(of date: DateID) -> [Request] {
        [
            Request(LockStatement.takeDate, date), Request(CatalogStatement.date, date),
            Request(SeatMapStatement.everClaimed, date),
        ]
    }

    /// - Parameter results: Those of ``lookBeforeRemoval(of:)``.
    static func refusal(from results: [QueryResult]) -> CatalogRefusal? {
        if results[1].count == 0 { return .notFound }
        return results[2].count == 0 ? nil : .hasReservations
    }

    /// Removes dates of which no seat was ever claimed. Their events stay, as all events do.
    static func removal(of dates: [DateID]) -> [Request] {
        let ids = Column(dates)
        return [
            Request(SeatMapStatement.deleteOfDates, ids), Request(CatalogStatement.deleteGrades, ids),
            Request(CatalogStatement.deleteLayouts, ids), Request(CatalogStatement.deleteFigures, ids),
            Request(CatalogStatement.deleteMinutes, ids), Request(CatalogStatement.deleteQueueJoins, ids),
            Request(CatalogStatement.deleteQueueCalls, ids), Request(DrawStatement.delete, ids),
            Request(CatalogStatement.deleteDates, ids),
        ]
    }
}
