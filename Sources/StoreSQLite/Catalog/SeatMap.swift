public import Domain
internal import GRDB
public import Ports

extension MappedSeat {
    init(_ row: Columns) throws {
        let seat = try Seat(row)
        let place = SeatPlace(
            label: seat.label, grade: seat.grade, position: row.int(11), x: row.double(12), y: row.double(13))
        self.init(seat: seat, place: place)
    }
}

extension SQLiteStore {
    public func seatMap(of date: DateID) async throws(Fault) -> StoredSeatMap? {
        try await read("read the seats of a date") { db in
            let status: Concert.Status? = try PreparedStatement(CatalogStatement.concertOfDate, on: db).first(date) {
                try $0.word(0)
            }
            return try status.map { status in
                StoredSeatMap(
                    concertStatus: status, grades: try ConcertDate.grades(of: date, on: db),
                    seats: try PreparedStatement(SeatMapStatement.ofDate, on: db).all(date, as: MappedSeat.init))
            }
        }
    }

    public func layout(of date: DateID) async throws(Fault) -> [UInt8]? {
        try await read("read a layout") { db in
            try PreparedStatement(CatalogStatement.layout, on: db).first(date) { $0.bytes(0) }
        }
    }

    public func replaceSeats(
        of date: DateID, grades: [Grade], seats: [MappedSeat], layout: [UInt8], event: Event, action: StaffAction?
    ) async throws(Fault) -> CatalogRefusal? {
        try await write("replace the seats of a date") { db in
            guard try ConcertDate.read(date, on: db) != nil else { return .notFound }
            guard try !Self.wasEverClaimed(date, on: db) else { return .hasReservations }
            try PreparedStatement(SeatMapStatement.deleteOfDate, on: db).run(date)
            try PreparedStatement(CatalogStatement.deleteGrades, on: db).run(date)
            let insertGrade = try PreparedStatement(CatalogStatement.insertGrade, on: db)
            for (position, grade) in grades.enumerated() {
                try insertGrade.run(date, position, grade.name, grade.price)
            }
            try Self.insert(seats, of: date, on: db)
            try PreparedStatement(CatalogStatement.saveLayout, on: db).run(date, layout)
            try EventLogRow.insert([event], on: db)
            try action?.insert(on: db)
            return nil
        }
    }

    private static func insert(_ seats: [MappedSeat], of date: DateID, on db: Database) throws {
        let insert = try PreparedStatement(SeatMapStatement.insert, on: db)
        for (ordinal, mapped) in seats.enumerated() {
            let (seat, place) = (mapped.seat, mapped.place)
            try insert.run(
                seat.id, date, ordinal, seat.label.section, seat.label.row, seat.label.number, place.position,
                seat.grade, place.x, place.y, seat.state, seat.reservationID, seat.heldUntil, seat.fence,
                seat.version)
        }
    }

    /// Whether any reservation, live or over, names a seat of the date.
    static func wasEverClaimed(_ date: DateID, on db: Database) throws -> Bool {
        try PreparedStatement(SeatMapStatement.everClaimed, on: db).first(date) { _ in true } ?? false
    }
}
