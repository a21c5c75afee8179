internal import Domain

extension Layout {
    private static let prices = [
        Grade(name: "VIP", price: Won(165_000)), Grade(name: "R", price: Won(132_000)),
        Grade(name: "S", price: Won(99_000)), Grade(name: "A", price: Won(66_000)),
    ]
    private static let (vip, r, s, a) = (0, 1, 2, 3)

    /// A theatre of 1,212 seats: curved rows in three floors around the stage.
    static let demoTheatre = Layout(
        grades: prices,
        sections: [
            Section(
                name: "1층 중앙", grade: vip, rows: 8, seatsPerRow: 16, distance: 12, isCurved: true, aislesAfter: [8]),
            Section(
                name: "1층 중앙 뒤", grade: r, rows: 10, seatsPerRow: 16, distance: 24, isCurved: true, aislesAfter: [8],
                firstRow: 9),
            Section(name: "1층 왼쪽", grade: r, rows: 16, seatsPerRow: 12, distance: 14, angle: -66, isCurved: true),
            Section(name: "1층 오른쪽", grade: r, rows: 16, seatsPerRow: 12, distance: 14, angle: 66, isCurved: true),
            Section(
                name: "2층 중앙", grade: s, rows: 10, seatsPerRow: 18, distance: 42, isCurved: true, aislesAfter: [9]),
            Section(name: "2층 왼쪽", grade: s, rows: 10, seatsPerRow: 12, distance: 42, angle: -28, isCurved: true),
            Section(name: "2층 오른쪽", grade: s, rows: 10, seatsPerRow: 12, distance: 42, angle: 28, isCurved: true),
            Section(
                name: "3층", grade: a, rows: 5, seatsPerRow: 24, distance: 60, isCurved: true, aislesAfter: [8, 16]),
        ])

    /// An arena of 15,114 seats: six blocks on the floor and two rings around them.
    static let demoArena = Layout(grades: prices, sections: floor + lowerRing + upperRing)

    private static var floor: [Section] {
        ["F1", "F2", "F3", "F4", "F5", "F6"].enumerated().map { index, name in
            let (row, column) = (index / 3, index % 3)
            return Section(
                name: name, grade: row == 0 ? vip : r, rows: 20, seatsPerRow: 20,
                distance: row == 0 ? 10 : 38, shift: Double(column - 1) * 22)
        }
    }

    private static var lowerRing: [Section] {
        (0..<9).map { index in
            Section(
                name: String(101 + index), grade: (2...6).contains(index) ? r : s, rows: 26, seatsPerRow: 25,
                distance: 74, angle: Double(index - 4) * 23, isCurved: true)
        }
    }

    private static var upperRing: [Section] {
        (0..<13).map { index in
            Section(
                name: String(201 + index), grade: (4...8).contains(index) ? s : a, rows: 22, seatsPerRow: 24,
                distance: 110, angle: Double(index - 6) * 14.5, isCurved: true)
        }
    }
}
