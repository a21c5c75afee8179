internal import Domain

/// The keys of a room, in the order in which its scripts expect them.
struct RoomKeys: Sendable {
    let all: [[UInt8]]
    let tag: HashTag

    init(_ date: DateID, prefix: String) {
        var id: [UInt8] = []
        date.append(to: &id)
        tag = HashTag(id)
        let names = [
            "room", "fans", "waiting", "patience", "inside", "passed", "gathered", "spent", "unsaved", "rebuild",
            "earlier",
        ]
        all = names.map { name in Array("\(prefix):{".utf8) + id + Array("}:\(name)".utf8) }
    }
}
