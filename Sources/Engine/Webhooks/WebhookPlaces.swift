internal import Domain

/// Who is sent to now, and whose turn is next.
///
/// Endpoints that take nothing hold their places for as long as they may, so they have some places and never all; nor have
/// those that work.
struct WebhookPlaces {
    /// Endpoints that are sent to at once.
    static let countMax = 16
    static let failingMax = 8
    static let workingMax = 12

    private struct Side {
        var running: Set<WebhookID> = []
        /// Where the last look at what is due ended: endpoints take turns.
        var last: WebhookID?
    }

    private var working = Side()
    private var failing = Side()

    func hasRoom(areFailing: Bool) -> Bool {
        working.running.count + failing.running.count < Self.countMax
            && (areFailing ? failing.running.count < Self.failingMax : working.running.count < Self.workingMax)
    }

    /// After which endpoint the turn begins.
    func last(areFailing: Bool) -> WebhookID? { areFailing ? failing.last : working.last }

    /// - Returns: False when there is no room, or when it is being sent to.
    mutating func enter(_ id: WebhookID, isFailing: Bool) -> Bool {
        guard hasRoom(areFailing: isFailing), !working.running.contains(id), !failing.running.contains(id) else {
            return false
        }
        if isFailing {
            failing.running.insert(id)
            failing.last = id
        } else {
            working.running.insert(id)
            working.last = id
        }
        return true
    }

    mutating func leave(_ id: WebhookID) {
        working.running.remove(id)
        failing.running.remove(id)
    }
}
