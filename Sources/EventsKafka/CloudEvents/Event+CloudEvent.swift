internal import Domain
internal import Ports

/// Why a message is not one of our events.
struct NotAnEvent: Error, Hashable, CustomStringConvertible {
    let description: String
}

extension Event {
    /// Far more than one fan may hold.
    private static let seatCountMax = 1_000
    private static let gradeMax: Int64 = 255

    /// Reads an event out of structured JSON. Fields that it does not know are passed over: a later version of the
    /// program may write more.
    ///
    /// Amounts are bounded as ``Won/max`` says, and so are grades and seats: whoever may write to the topic must not be
    /// able to let the arithmetic of a consumer overflow, which would end one process of the group after the other.
    init(cloudEvent bytes: [UInt8]) throws(NotAnEvent) {
        let fields = try JSONValue(parsing: bytes).object("the message")
        let version = try fields.text("specversion")
        guard version == "1.0" else { throw NotAnEvent(description: "specversion is '\(version)', not 1.0") }
        let type = try fields.text("type")
        guard type.hasPrefix(CloudEvent.typePrefix),
            let kind = Event.Kind(rawValue: String(type.dropFirst(CloudEvent.typePrefix.count)))
        else { throw NotAnEvent(description: "no kind of event is called '\(type)'") }
        guard let at = Timestamp(try fields.text("time")) else { throw NotAnEvent(description: "time is no time") }
        let data = try fields.required("data").object("data")
        let elements = try data.required("seats").array("seats")
        guard elements.count <= Self.seatCountMax else {
            throw NotAnEvent(description: "'seats' has more than \(Self.seatCountMax) elements")
        }
        var seats: [Event.Seat] = []
        for element in elements {
            let seat = try element.object("a seat")
            seats.append(
                Event.Seat(
                    id: try seat.id("id"), grade: Int(try seat.integer("grade", max: Self.gradeMax)),
                    price: try seat.won("price")))
        }
        self.init(
            id: try fields.id("id"), kind: kind, subjectID: try fields.id("subject"),
            version: Int(try data.integer("version", max: .max)), dateID: try data.optionalID("dateId"),
            userID: try data.optionalID("userId"), amount: try data.won("amount"), seats: seats, at: at)
    }
}

extension [String: JSONValue] {
    fileprivate func required(_ name: String) throws(NotAnEvent) -> JSONValue {
        guard let value = self[name] else { throw NotAnEvent(description: "there is no '\(name)'") }
        return value
    }

    fileprivate func text(_ name: String) throws(NotAnEvent) -> String {
        guard case .text(let text) = try required(name) else {
            throw NotAnEvent(description: "'\(name)' is not a text")
        }
        return text
    }

    /// - Parameter max: The largest value that it may have; the smallest is 0.
    fileprivate func integer(_ name: String, max: Int64) throws(NotAnEvent) -> Int64 {
        guard case .number(let text) = try required(name), let value = Int64(text) else {
            throw NotAnEvent(description: "'\(name)' is not an integer")
        }
        guard (0...max).contains(value) else {
            throw NotAnEvent(description: "'\(name)' is not from 0 to \(max)")
        }
        return value
    }

    fileprivate func won(_ name: String) throws(NotAnEvent) -> Won {
        Won(try integer(name, max: Won.max.amount))
    }

    fileprivate func id<Entity>(_ name: String) throws(NotAnEvent) -> ID<Entity> {
        guard let id = ID<Entity>(try text(name)) else { throw NotAnEvent(description: "'\(name)' is not a UUID") }
        return id
    }

    fileprivate func optionalID<Entity>(_ name: String) throws(NotAnEvent) -> ID<Entity>? {
        guard let value = self[name], value != .null else { return nil }
        return try id(name)
    }
}

extension JSONValue {
    fileprivate func object(_ name: String) throws(NotAnEvent) -> [String: JSONValue] {
        guard case .object(let fields) = self else { throw NotAnEvent(description: "\(name) is not an object") }
        return fields
    }

    fileprivate func array(_ name: String) throws(NotAnEvent) -> [JSONValue] {
        guard case .array(let elements) = self else { throw NotAnEvent(description: "\(name) is not an array") }
        return elements
    }
}
