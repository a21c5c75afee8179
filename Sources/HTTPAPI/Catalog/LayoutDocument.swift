public import Domain

extension Layout {
    /// The layout as staff would send it, for those that the program makes itself.
    public var document: [UInt8] {
        JSONWriter.object { json in
            json.key("grades")
            json.array(grades) { $0.grade($1) }
            json.key("sections")
            json.array(sections) { $0.section($1, grades: grades) }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func section(_ section: Layout.Section, grades: [Grade]) {
        object { json in
            json.field("name", section.name)
            json.field("grade", grades[section.grade].name)
            json.field("rows", section.rows)
            json.field("seatsPerRow", section.seatsPerRow)
            json.field("distance", section.distance)
            json.field("angle", section.angle)
            json.field("shift", section.shift)
            json.field("curved", section.isCurved)
            json.field("rowSpacing", section.rowSpacing)
            json.key("aislesAfter")
            json.array(section.aislesAfter) { $0.value($1) }
            json.field("firstRow", section.firstRow)
            json.field("firstNumber", section.firstNumber)
            json.field("numbersFromRight", section.isNumberedFromRight)
            json.key("blocked")
            json.array(section.blocked) { json, run in
                json.object { json in
                    json.field("row", run.row)
                    json.field("from", run.from)
                    json.field("to", run.to)
                }
            }
        }
    }
}
