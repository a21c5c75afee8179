import Domain
import Testing

@Suite("Layout geometry")
struct LayoutGeometryTests {
    private func layout(_ sections: [Layout.Section]) -> Layout {
        Layout(
            grades: [Grade(name: "VIP", price: Won(150_000)), Grade(name: "R", price: Won(90_000))], sections: sections)
    }

    @Test("A layout has rows times seats of every section, in its order, with the labels on tickets")
    func count() {
        let layout = layout([
            Layout.Section(name: "A", grade: 0, rows: 2, seatsPerRow: 3, distance: 5),
            Layout.Section(name: "B", grade: 1, rows: 1, seatsPerRow: 2, distance: 9, firstRow: 11),
        ])
        let places = layout.places()
        #expect(layout.seatCount == 8)
        #expect(places.count == 8)
        #expect(
            places.map { "\($0.label.section)-\($0.label.row)-\($0.label.number)" }
                == ["A-1-1", "A-1-2", "A-1-3", "A-2-1", "A-2-2", "A-2-3", "B-11-1", "B-11-2"])
        #expect(places.map(\.grade) == [0, 0, 0, 0, 0, 0, 1, 1])
    }

    @Test("An aisle leaves a gap in the positions, so that the seats beside it are not adjacent")
    func aisles() {
        let section = Layout.Section(
            name: "A", grade: 0, rows: 1, seatsPerRow: 6, distance: 5, aislesAfter: [2, 4])
        #expect(layout([section]).places().map(\.position) == [0, 1, 3, 4, 6, 7])
    }

    @Test("A straight row stands centred before the stage, a seat apart, and rows go back from it")
    func straight() {
        let section = Layout.Section(name: "A", grade: 0, rows: 2, seatsPerRow: 3, distance: 10, rowSpacing: 1.5)
        let places = layout([section]).places()
        #expect(places.map(\.x) == [-1, 0, 1, -1, 0, 1])
        #expect(places.map(\.y) == [10, 10, 10, 11.5, 11.5, 11.5])
    }

    @Test("A shift moves a straight block to the right, a turn of 90 degrees puts it beside the stage")
    func turned() {
        let shifted = Layout.Section(name: "A", grade: 0, rows: 1, seatsPerRow: 1, distance: 10, shift: 4)
        #expect(layout([shifted]).places().map { [$0.x, $0.y] } == [[4, 10]])
        let turned = Layout.Section(name: "A", grade: 0, rows: 1, seatsPerRow: 1, distance: 10, angle: 90)
        #expect(layout([turned]).places().map { [$0.x, $0.y] } == [[10, 0]])
    }

    @Test("Every seat of a curved row is as far from the stage as its row")
    func curved() {
        let section = Layout.Section(
            name: "A", grade: 0, rows: 4, seatsPerRow: 21, distance: 12, angle: -30, isCurved: true)
        let places = layout([section]).places()
        for (index, place) in places.enumerated() {
            let radius = (place.x * place.x + place.y * place.y).squareRoot()
            let row = Double(index / 21)
            #expect(abs(radius - (12 + row * 1.3)) < 0.01, "\(place.label)")
        }
        let middle = places[10]
        #expect(abs(middle.x + 6) < 0.01 && abs(middle.y - 10.39) < 0.01, "30 degrees to the left")
    }

    @Test("Seats are numbered from where the section says, from the left or from the right")
    func numbers() {
        let left = Layout.Section(name: "A", grade: 0, rows: 1, seatsPerRow: 3, distance: 5, firstNumber: 101)
        let right = Layout.Section(
            name: "B", grade: 0, rows: 1, seatsPerRow: 3, distance: 9, firstNumber: 7, isNumberedFromRight: true)
        #expect(layout([left, right]).places().map(\.label.number) == ["101", "102", "103", "9", "8", "7"])
    }

    @Test("Seats that are kept back are counted from the stage and from the left, through all sections")
    func blocked() {
        let first = Layout.Section(
            name: "A", grade: 0, rows: 2, seatsPerRow: 3, distance: 5,
            blocked: [Layout.BlockedRun(row: 2, from: 1, to: 2)])
        let second = Layout.Section(
            name: "B", grade: 1, rows: 1, seatsPerRow: 2, distance: 9, firstRow: 11, isNumberedFromRight: true,
            blocked: [Layout.BlockedRun(row: 1, from: 2, to: 2), Layout.BlockedRun(row: 9, from: 1, to: 1)])
        #expect(layout([first, second]).blockedOrdinals() == [3, 4, 7])
    }
}
