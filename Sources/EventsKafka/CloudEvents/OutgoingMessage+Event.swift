internal import Domain
internal import Ports

extension OutgoingMessage {
    init(event: Event, topic: String) {
        var key: [UInt8] = []
        event.subjectID.append(to: &key)
        self.init(
            topic: topic, key: key, value: event.cloudEvent,
            headers: [("content-type", Array(CloudEvent.contentType.utf8))])
    }
}
