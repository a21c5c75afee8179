public import Domain
public import Ports

extension MappedSeat {
    init(_ row: Columns) throws {
        let seat = try Seat(row)
        let place = SeatPlace(
            label: seat.label, grade: seat.grade, position: try row.int(11), x: try row.double(12),
            y: try row.double(13))
        self.init(seat: seat, place: place)
    }
}

extension PostgresStore {
    /// Never from the replica: the seat map that is made of this follows the commits after it.
    public func seatMap(of date: DateID) async throws(Fault) -> StoredSeatMap? {
        try await read("read the seats of a date") { db in
            let results = try db.snapshot([
                Request(CatalogStatement.concertOfDate, date), Request(CatalogStatement.gradesOfDate, date),
                Request(SeatMapStatement.ofDate, date),
            ])
            let status: Concert.Status? = try results[0].first { try $0.word(0) }
            return try status.map { status in
                StoredSeatMap(
                    concertStatus: status, grades: try ConcertDate.gradesByDate(results[1])[date] ?? [],
                    seats: try results[2].all(MappedSeat.init))
            }
        }
    }

    public func layout(of date: DateID) async throws(Fault) -> [UInt8]? {
        try await read("read a layout") { db in
            try db.run(Request(CatalogStatement.layout, date)).first { $0.bytes(0) }
        }
    }

    public func replaceSeats(
        of date: DateID, grades: [Grade], seats: [MappedSeat], layout: [UInt8], event: Event, action: StaffAction?
    ) async throws(Fault) -> CatalogRefusal? {
        try await write("replace the seats of a date") { db in
            try db.transaction(Self.lookBeforeRemoval(of: date)) { results -> (CatalogRefusal?, commit: [Request]?) in
                if let refusal = Self.refusal(from: results) { return (refusal, commit: nil) }
                let grades = Array(grades.enumerated())
                return (
                    nil,
                    commit: [
                        Request(SeatMapStatement.deleteOfDates, Column([date])),
                        Request(CatalogStatement.deleteGrades, Column([date])),
                        Request(
                            CatalogStatement.insertGrades, date, Column(grades) { $0.offset },
                            Column(grades) { $0.element.name }, Column(grades) { $0.element.price }),
                        Self.insert(seats, of: date), Request(CatalogStatement.saveLayout, date, layout),
                    ] + Event.insert([event]) + StaffAction.insert([action])
                )
            }
        }
    }

    private static func insert(_ seats: [MappedSeat], of date: DateID) -> Request {
        Request(
            SeatMapStatement.insert, date, Column(seats) { $0.seat.id }, Column(seats.indices),
            Column(seats) { $0.seat.label.section }, Column(seats) { $0.seat.label.row },
            Column(seats) { $0.seat.label.number }, Column(seats) { $0.place.position },
            Column(seats) { $0.seat.grade },
            Column(seats) { $0.place.x }, Column(seats) { $0.place.y }, Column(seats) { $0.seat.state },
            Column(seats) { $0.seat.reservationID }, Column(seats) { $0.seat.heldUntil },
            Column(seats) { $0.seat.fence }, Column(seats) { $0.seat.version })
    }
}
