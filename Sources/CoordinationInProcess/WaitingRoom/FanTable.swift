import Domain

/// The fans of a room, side by side in slots that are used again, and found by their id.
struct FanTable {
    private var fans: [QueuedFan] = []
    private var vacant: [UInt32] = []
    private var slots: [UserID: UInt32] = [:]

    var indices: Range<UInt32> { 0..<UInt32(fans.count) }

    func slot(of fan: UserID) -> UInt32? {
        slots[fan]
    }

    subscript(slot: UInt32) -> QueuedFan {
        get { fans[Int(slot)] }
        _modify { yield &fans[Int(slot)] }
    }

    /// Gives a fan who has none a slot. What the agenda has noted for the slot stays noted.
    mutating func insert(_ fan: UserID) -> UInt32 {
        let slot: UInt32
        if let used = vacant.popLast() {
            slot = used
            fans[Int(slot)] = QueuedFan(id: fan, lookAt: fans[Int(slot)].lookAt)
        } else {
            slot = UInt32(fans.count)
            fans.append(QueuedFan(id: fan))
        }
        slots[fan] = slot
        return slot
    }

    mutating func remove(_ slot: UInt32) {
        slots[fans[Int(slot)].id] = nil
        fans[Int(slot)].state = .absent
        vacant.append(slot)
    }
}
