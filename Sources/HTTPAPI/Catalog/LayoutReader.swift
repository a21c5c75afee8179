internal import Domain
internal import NIOCore

/// Reads the layout that staff send.
enum LayoutReader {
    private static let gradeCountMax = 50
    private static let sectionCountMax = 1_000
    private static let blockedRunCountMax = 2_000
    static let nameLengthMax = 40

    /// Sections without a place of their own stand one behind the other, straight ahead of the stage.
    static func layout(reading body: ByteBuffer) throws(Problem) -> Layout {
        var grades: [Grade]?
        var sections: [Draft]?
        try body.readJSON { field, json throws(InvalidRequest) in
            switch field {
            case "grades": grades = try Self.grades(&json)
            case "sections": sections = try Self.sections(&json)
            default: throw JSONReader.unknownField()
            }
        }
        guard let grades else { throw Problem(InvalidRequest.missing("grades")) }
        guard let sections else { throw Problem(InvalidRequest.missing("sections")) }
        let layout = Layout(grades: grades, sections: try placed(sections, grades: grades))
        guard layout.seatCount <= Layout.seatCountMax else {
            throw Problem(
                InvalidRequest(
                    "sections", ko: "한 회차의 좌석은 \(Layout.seatCountMax)석을 넘을 수 없습니다.",
                    en: "A date can have at most \(Layout.seatCountMax) seats."))
        }
        return layout
    }

    /// A section as it was sent: its grade by name, its place perhaps left to us.
    private struct Draft {
        var section: Layout.Section
        var grade: String?
        var distance: Double?
    }

    private static func placed(_ drafts: [Draft], grades: [Grade]) throws(Problem) -> [Layout.Section] {
        var sections: [Layout.Section] = []
        var nextDistance = 8.0
        for (index, draft) in drafts.enumerated() {
            guard let grade = grades.firstIndex(where: { $0.name == draft.grade }) else {
                throw Problem(
                    InvalidRequest(
                        "sections[\(index)].grade", ko: "grades에 있는 이름이어야 합니다.",
                        en: "It must be the name of one of the grades."))
            }
            guard !sections.contains(where: { $0.name == draft.section.name }) else {
                throw Problem(
                    InvalidRequest(
                        "sections[\(index)].name", ko: "구역 이름은 서로 달라야 합니다.", en: "Sections must have different names."))
            }
            var section = draft.section
            section.grade = grade
            section.distance = draft.distance ?? nextDistance
            let end = section.distance + Double(section.rows) * section.rowSpacing
            nextDistance = max(nextDistance, end + 2)
            sections.append(section)
        }
        return sections
    }

    private static func grades(_ json: inout JSONReader) throws(InvalidRequest) -> [Grade] {
        var grades: [Grade] = []
        try json.array(maxCount: gradeCountMax) { json throws(InvalidRequest) in
            var name: String?
            var price: Int64?
            try json.object { field, json throws(InvalidRequest) in
                switch field {
                case "name": name = try json.string(minLength: 1, maxLength: nameLengthMax)
                case "price": price = try json.integer(in: 0...100_000_000)
                default: throw JSONReader.unknownField()
                }
            }
            guard let name else { throw InvalidRequest.missing("name") }
            guard let price else { throw InvalidRequest.missing("price") }
            guard !grades.contains(where: { $0.name == name }) else {
                throw InvalidRequest("name", ko: "등급 이름은 서로 달라야 합니다.", en: "Grades must have different names.")
            }
            grades.append(Grade(name: name, price: Won(price)))
        }
        guard !grades.isEmpty else {
            throw InvalidRequest(ko: "등급이 하나 이상 있어야 합니다.", en: "There must be at least one grade.")
        }
        return grades
    }

    private static func sections(_ json: inout JSONReader) throws(InvalidRequest) -> [Draft] {
        var sections: [Draft] = []
        try json.array(maxCount: sectionCountMax) { json throws(InvalidRequest) in
            sections.append(try section(&json))
        }
        guard !sections.isEmpty else {
            throw InvalidRequest(ko: "구역이 하나 이상 있어야 합니다.", en: "There must be at least one section.")
        }
        return sections
    }

    private static func section(_ json: inout JSONReader) throws(InvalidRequest) -> Draft {
        var name: String?
        var rows: Int?
        var seatsPerRow: Int?
        var draft = Draft(section: Layout.Section(name: "", grade: 0, rows: 1, seatsPerRow: 1, distance: 0))
        try json.object { field, json throws(InvalidRequest) in
            switch field {
            case "name": name = try json.string(minLength: 1, maxLength: nameLengthMax)
            case "grade": draft.grade = try json.string(minLength: 1, maxLength: nameLengthMax)
            case "rows": rows = try json.integer(in: 1...200)
            case "seatsPerRow": seatsPerRow = try json.integer(in: 1...200)
            case "distance": draft.distance = try json.number(in: 0...10_000)
            case "angle": draft.section.angle = try json.number(in: -360...360)
            case "shift": draft.section.shift = try json.number(in: -10_000...10_000)
            case "curved": draft.section.isCurved = try json.boolean()
            case "rowSpacing": draft.section.rowSpacing = try json.number(in: 0.5...10)
            case "firstRow": draft.section.firstRow = try json.integer(in: 0...10_000)
            case "firstNumber": draft.section.firstNumber = try json.integer(in: 0...10_000)
            case "numbersFromRight": draft.section.isNumberedFromRight = try json.boolean()
            case "blocked": draft.section.blocked = try blocked(&json)
            case "aislesAfter": draft.section.aislesAfter = try aisles(&json)
            default: throw JSONReader.unknownField()
            }
        }
        guard let name else { throw InvalidRequest.missing("name") }
        guard draft.grade != nil else { throw InvalidRequest.missing("grade") }
        guard let rows else { throw InvalidRequest.missing("rows") }
        guard let seatsPerRow else { throw InvalidRequest.missing("seatsPerRow") }
        draft.section.name = name
        draft.section.rows = rows
        draft.section.seatsPerRow = seatsPerRow
        guard draft.section.blocked.allSatisfy({ $0.row <= rows && $0.to <= seatsPerRow }) else {
            throw InvalidRequest(
                "blocked", ko: "구역 안의 좌석이어야 합니다.", en: "They must be seats of the section.")
        }
        return draft
    }

    private static func aisles(_ json: inout JSONReader) throws(InvalidRequest) -> [Int] {
        var aisles: [Int] = []
        try json.array(maxCount: 20) { json throws(InvalidRequest) in aisles.append(try json.integer(in: 1...199)) }
        return aisles
    }

    private static func blocked(_ json: inout JSONReader) throws(InvalidRequest) -> [Layout.BlockedRun] {
        var runs: [Layout.BlockedRun] = []
        try json.array(maxCount: blockedRunCountMax) { json throws(InvalidRequest) in
            var row: Int?
            var from: Int?
            var to: Int?
            try json.object { field, json throws(InvalidRequest) in
                switch field {
                case "row": row = try json.integer(in: 1...200)
                case "from": from = try json.integer(in: 1...200)
                case "to": to = try json.integer(in: 1...200)
                default: throw JSONReader.unknownField()
                }
            }
            guard let row else { throw InvalidRequest.missing("row") }
            guard let from else { throw InvalidRequest.missing("from") }
            guard let to else { throw InvalidRequest.missing("to") }
            guard from <= to else {
                throw InvalidRequest("to", ko: "from보다 작을 수 없습니다.", en: "It must not be less than from.")
            }
            runs.append(Layout.BlockedRun(row: row, from: from, to: to))
        }
        return runs
    }
}
