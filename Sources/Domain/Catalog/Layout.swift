/// How the seats of one date stand: what staff send to make them, and what the map is drawn from.
///
/// The stage's middle is the origin; x grows to the right as the audience sees it, y away from the stage. One unit is
/// the width of a seat.
public struct Layout: Hashable, Sendable {
    /// The most seats that one date may have.
    public static let seatCountMax = 120_000

    public var grades: [Grade]
    public var sections: [Section]

    public init(grades: [Grade], sections: [Section]) {
        self.grades = grades
        self.sections = sections
    }

    /// A block of rows with the same number of seats, straight or bent around the stage.
    public struct Section: Hashable, Sendable {
        public var name: String
        /// Index into the layout's grades.
        public var grade: Int
        /// 1 to 200.
        public var rows: Int
        /// 1 to 200.
        public var seatsPerRow: Int
        /// The middle of the first row: its distance from the stage, and the angle in degrees that the section is
        /// turned around the stage, 0 straight ahead, positive to the right.
        public var distance: Double
        public var angle: Double
        /// How far the middle of the first row is shifted to the right, for straight blocks beside one another.
        public var shift: Double
        /// True bends each row around the stage; false leaves it straight.
        public var isCurved: Bool
        /// From row to row, in seat widths.
        public var rowSpacing: Double
        /// Positions in a row after which there is an aisle. Seats on both sides of one are not adjacent.
        public var aislesAfter: [Int]
        /// What the first row is called, counting up from there.
        public var firstRow: Int
        /// What the first seat of each row is called, counting up from there.
        public var firstNumber: Int
        /// True counts the seats of a row from the right, as halls do that are entered from there.
        public var isNumberedFromRight: Bool
        /// The seats that are kept back from the sale.
        public var blocked: [BlockedRun]

        public init(
            name: String, grade: Int, rows: Int, seatsPerRow: Int, distance: Double, angle: Double = 0,
            shift: Double = 0, isCurved: Bool = false, rowSpacing: Double = 1.3, aislesAfter: [Int] = [],
            firstRow: Int = 1, firstNumber: Int = 1, isNumberedFromRight: Bool = false, blocked: [BlockedRun] = []
        ) {
            self.name = name
            self.grade = grade
            self.rows = rows
            self.seatsPerRow = seatsPerRow
            self.distance = distance
            self.angle = angle
            self.shift = shift
            self.isCurved = isCurved
            self.rowSpacing = rowSpacing
            self.aislesAfter = aislesAfter
            self.firstRow = firstRow
            self.firstNumber = firstNumber
            self.isNumberedFromRight = isNumberedFromRight
            self.blocked = blocked
        }
    }

    /// Seats side by side in one row, by their places and not by what they are called: names may change.
    public struct BlockedRun: Hashable, Sendable {
        /// Counted from the stage, from 1.
        public var row: Int
        /// The first and the last of them, counted from the left as the audience sees it, from 1.
        public var from: Int
        public var to: Int

        public init(row: Int, from: Int, to: Int) {
            self.row = row
            self.from = from
            self.to = to
        }
    }

    public var seatCount: Int {
        sections.reduce(0) { $0 + $1.rows * $1.seatsPerRow }
    }
}

/// Where a seat stands, as the map draws it.
public struct SeatPlace: Hashable, Sendable {
    public let label: SeatLabel
    /// Index into the grades of the date.
    public let grade: Int
    /// Seats of one section and row whose positions follow each other are adjacent. An aisle leaves a gap of one.
    public let position: Int
    /// In seat widths from the middle of the stage.
    public let x: Double
    public let y: Double

    public init(label: SeatLabel, grade: Int, position: Int, x: Double, y: Double) {
        self.label = label
        self.grade = grade
        self.position = position
        self.x = x
        self.y = y
    }
}
