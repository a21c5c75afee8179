public import Domain

/// What every event of ours says of itself, after CloudEvents 1.0; `asyncapi.yml` describes it for others.
public enum CloudEvent {
    public static let contentType = "application/cloudevents+json; charset=UTF-8"
    public static let source = "/jari"
    /// Before the kind in `type`, since a type names its owner.
    public static let typePrefix = "jari."
}

extension Event {
    /// The event as structured JSON. No text in it needs escaping: ids, times, numbers and names of ours.
    public var cloudEvent: [UInt8] {
        var json: [UInt8] = []
        json.reserveCapacity(512 + seats.count * 80)
        json += "{\"specversion\":\"1.0\",\"id\":\"".utf8
        id.append(to: &json)
        json += "\",\"source\":\"\(CloudEvent.source)\",\"type\":\"\(CloudEvent.typePrefix)\(kind.rawValue)\"".utf8
        json += ",\"subject\":\"".utf8
        subjectID.append(to: &json)
        json += "\",\"time\":\"".utf8
        at.append(to: &json)
        json += "\",\"datacontenttype\":\"application/json\",\"data\":{\"version\":\(version)".utf8
        if let dateID {
            json += ",\"dateId\":\"".utf8
            dateID.append(to: &json)
            json += "\"".utf8
        }
        if let userID {
            json += ",\"userId\":\"".utf8
            userID.append(to: &json)
            json += "\"".utf8
        }
        json += ",\"amount\":\(amount.amount),\"seats\":[".utf8
        for (index, seat) in seats.enumerated() {
            if index > 0 { json.append(UInt8(ascii: ",")) }
            json += "{\"id\":\"".utf8
            seat.id.append(to: &json)
            json += "\",\"grade\":\(seat.grade),\"price\":\(seat.price.amount)}".utf8
        }
        json += "]}}".utf8
        return json
    }
}

extension CloudEvent {
    /// An event that tells of nothing, with which an endpoint for webhooks is tried.
    public static func test(_ id: EventID, endpoint: WebhookID, at moment: Timestamp) -> [UInt8] {
        Array(
            """
            {"specversion":"1.0","id":"\(id)","source":"\(source)","type":"\(typePrefix)webhook.test",\
            "subject":"\(endpoint)","time":"\(moment)","datacontenttype":"application/json","data":{}}
            """.utf8)
    }
}
