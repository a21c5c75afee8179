internal import HTTPTypes
internal import Hummingbird

extension Request {
    /// The version that a listener has seen: `Last-Event-ID`, or else `since`; nil when it names none.
    func lastSeenVersion() throws -> Int64? {
        if let text = headers[.lastEventID] { return try Self.version(text, named: "Last-Event-ID") }
        return try query("since").map { try Self.version($0, named: "since") }
    }

    private static func version(_ text: String, named name: String) throws -> Int64 {
        // Digits alone: what has a sign this server never sent, though it reads as a number.
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let version = Int64(text)
        else {
            throw Problem(
                InvalidRequest(name, ko: "앞서 받은 id를 그대로 보내 주세요.", en: "Send an id that came before, unchanged."))
        }
        return version
    }
}
