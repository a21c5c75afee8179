public import Domain
internal import Ports

/// The seats of one date as they stand: what does not change while the date sells.
public struct SeatLayout: Sendable {
    public let dateID: DateID
    public let grades: [Grade]
    /// In the layout's order. An index into these is a seat's ordinal.
    public let seatIDs: [SeatID]
    public let places: [SeatPlace]
    /// Changes when the layout is replaced: the first seat's id, since new seats have new ids. "0" without seats.
    public let version: String
    /// Where the versions of the date's map begin. From the moment at which the seats were made, which their ids carry:
    /// so that those of a new layout are above those of the one before.
    let firstMapVersion: Int64
    let ordinals: [SeatID: Int]
    /// Runs of adjacent seats of one grade, those nearest the stage first.
    let runs: [[Run]]

    /// Adjacent seats: one section, one row, no aisle between.
    struct Run: Sendable {
        let ordinals: Range<Int>
        /// From the stage to the run's nearest seat.
        let distance: Double
    }

    init(dateID: DateID, grades: [Grade], seats: [MappedSeat]) {
        self.dateID = dateID
        self.grades = grades
        seatIDs = seats.map(\.seat.id)
        places = seats.map(\.place)
        version = seats.first.map { String($0.seat.id.description.suffix(12)) } ?? "0"
        firstMapVersion = (seats.first?.seat.id.madeAt ?? dateID.madeAt).milliseconds * 1000
        ordinals = Dictionary(uniqueKeysWithValues: seatIDs.enumerated().map { ($1, $0) })
        runs = Self.runs(of: places, gradeCount: grades.count)
    }

    private static func runs(of places: [SeatPlace], gradeCount: Int) -> [[Run]] {
        var runs: [[Run]] = Array(repeating: [], count: gradeCount)
        var start = 0
        while start < places.count {
            var end = start + 1
            while end < places.count, places[end].isAdjacent(to: places[end - 1]) { end += 1 }
            let distance = places[start..<end].map { ($0.x * $0.x + $0.y * $0.y).squareRoot() }.min() ?? 0
            runs[places[start].grade].append(Run(ordinals: start..<end, distance: distance))
            start = end
        }
        return runs.map { $0.sorted { $0.distance < $1.distance } }
    }
}

extension SeatPlace {
    /// Whether this seat is right of `other` with nothing between.
    fileprivate func isAdjacent(to other: SeatPlace) -> Bool {
        position == other.position + 1 && grade == other.grade && label.row == other.label.row
            && label.section == other.label.section
    }
}
