internal import Domain

/// One appointment as an iCalendar file (RFC 5545, sent as RFC 5546 says).
struct CalendarFile: Sendable {
    enum Method: String, Sendable {
        case publish = "PUBLISH"
        case cancel = "CANCEL"
    }

    let method: Method
    /// The same in all files about one appointment.
    let uid: String
    /// Grows with every change, so that of two files the later one counts, in whatever order they come.
    let sequence: Int
    let madeAt: Timestamp
    /// When it ends is not known: the file does not say.
    let startsAt: Timestamp
    let summary: String
    let location: String
    let description: String
    let organizer: Mailbox
    let url: String?

    var text: String {
        var lines = [
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Jari//Tickets//KO", "CALSCALE:GREGORIAN",
            "METHOD:\(method.rawValue)", "BEGIN:VEVENT", "UID:\(uid)", "SEQUENCE:\(sequence)",
            "DTSTAMP:\(madeAt.calendarText)", "DTSTART:\(startsAt.calendarText)", "SUMMARY:\(Self.escaped(summary))",
            "LOCATION:\(Self.escaped(location))", "DESCRIPTION:\(Self.escaped(description))",
            "ORGANIZER\(organizer.name.isEmpty ? "" : ";CN=\(Self.quoted(organizer.name))"):mailto:\(organizer.address)",
            "STATUS:\(method == .cancel ? "CANCELLED" : "CONFIRMED")",
        ]
        if let url { lines.append("URL:\(url)") }
        lines += ["END:VEVENT", "END:VCALENDAR"]
        return lines.map { Self.folded($0) + "\r\n" }.joined()
    }

    /// Text values: line ends, and the characters that part values.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\", ";", ",": result += "\\\(scalar)"
            case "\n": result += "\\n"
            case "\r": continue
            case _ where scalar.isControl: result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A parameter's value, in which no quotation mark can stand.
    private static func quoted(_ text: String) -> String {
        "\"\(EncodedWord.withoutControls(text).filter { $0 != "\"" })\""
    }

    /// At most 75 bytes a line; the next one begins with a space. No character is cut.
    static func folded(_ line: String) -> String {
        var result = ""
        var count = 0
        for scalar in line.unicodeScalars {
            let length = UTF8.width(scalar)
            if count + length > 75 {
                result += "\r\n "
                count = 1
            }
            result.unicodeScalars.append(scalar)
            count += length
        }
        return result
    }
}
