#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

extension Layout {
    /// Every seat in the layout's order: section by section, row by row from the stage, left to right as the audience
    /// sees it. A seat's ordinal is its index here.
    public func places() -> [SeatPlace] {
        var places: [SeatPlace] = []
        places.reserveCapacity(seatCount)
        for section in sections { section.append(to: &places) }
        return places
    }

    /// The ordinals of the seats that are kept back.
    public func blockedOrdinals() -> Set<Int> {
        var ordinals: Set<Int> = []
        var first = 0
        for section in sections {
            for run in section.blocked where (1...section.rows).contains(run.row) && run.from <= run.to {
                let row = first + (run.row - 1) * section.seatsPerRow
                let seats = max(1, run.from)...max(1, min(run.to, section.seatsPerRow))
                for seat in seats { ordinals.insert(row + seat - 1) }
            }
            first += section.rows * section.seatsPerRow
        }
        return ordinals
    }
}

extension Layout.Section {
    fileprivate func append(to places: inout [SeatPlace]) {
        let aisles = Set(aislesAfter)
        // Aisles are as wide as a seat and leave a gap in the positions, which is what makes seats beside one not adjacent.
        var position = 0
        var positions: [Int] = []
        for seat in 1...max(1, seatsPerRow) {
            positions.append(position)
            position += aisles.contains(seat) ? 2 : 1
        }
        let middle = Double(positions.last ?? 0) / 2
        for row in 0..<rows {
            let radius = distance + Double(row) * rowSpacing
            for (index, position) in positions.enumerated() {
                let number = firstNumber + (isNumberedFromRight ? positions.count - 1 - index : index)
                let point = point(across: Double(position) - middle, radius: radius)
                places.append(
                    SeatPlace(
                        label: SeatLabel(section: name, row: String(firstRow + row), number: String(number)),
                        grade: grade, position: position, x: point.x, y: point.y))
            }
        }
    }

    private func point(across: Double, radius: Double) -> (x: Double, y: Double) {
        let turn = angle * .pi / 180
        if isCurved {
            let bearing = turn + across / max(1, radius)
            return (rounded(radius * sin(bearing)), rounded(radius * cos(bearing)))
        }
        let right = across + shift
        return (
            rounded(right * cos(turn) + radius * sin(turn)), rounded(radius * cos(turn) - right * sin(turn))
        )
    }
}

/// Hundredths of a seat are fine enough to draw, and keep the map's document short.
private func rounded(_ value: Double) -> Double {
    (value * 100).rounded() / 100
}
