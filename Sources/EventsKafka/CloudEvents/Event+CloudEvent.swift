internal import Domain

/// Why a message is not one of our events.
struct NotAnEvent: Error, Hashable, CustomStringConvertible {
    let description: String
}

extension Event {
    /// Reads an event out of structured JSON. Fields that it does not know are passed over: a later version of the
    /// program may write more.
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
        var seats: [Event.Seat] = []
        for element in try data.required("seats").array("seats") {
            let seat = try element.object("a seat")
            seats.append(
                Event.Seat(
                    id: try seat.id("id"), grade: Int(try seat.integer("grade")),
                    price: Won(try seat.integer("price"))))
        }
        self.init(
            id: try fields.id("id"), kind: kind, subjectID: try fields.id("subject"),
            version: Int(try data.integer("version")), dateID: try data.optionalID("dateId"),
            userID: try data.optionalID("userId"), amount: Won(try data.integer("amount")), seats: seats, at: at)
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

    fileprivate func integer(_ name: String) throws(NotAnEvent) -> Int64 {
        guard case .number(let text) = try required(name), let value = Int64(text) else {
            throw NotAnEvent(description: "'\(name)' is not an integer")
        }
        return value
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
