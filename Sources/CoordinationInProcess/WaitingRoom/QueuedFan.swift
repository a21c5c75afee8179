import Domain

/// What a room knows of a fan: 64 bytes.
struct QueuedFan {
    enum State: UInt8 {
        /// The slot is nobody's.
        case absent
        /// Came before opening; has no number until the draw.
        case gathering
        case waiting
        /// Let in, and has not answered yet.
        case called
        /// Let in, and knows it.
        case inside
        /// Did not answer; keeps the number and is called next on return.
        case passedOver
    }

    var id: UserID
    /// Zero before the draw.
    var number: Int64 = 0
    /// When the present state ends if the fan gives no sign. ``Timestamp/never`` while gathering.
    var endsAt: Timestamp = .never
    /// When the stay ends, of a fan who was let in.
    var stayEndsAt: Timestamp = .never
    /// When the agenda looks at this slot next, at `endsAt` or before. It belongs to the slot, not to the fan.
    var lookAt: Timestamp = .never
    /// The first 64 bits of the lot, of a fan who gathers.
    var lot: UInt64 = 0
    var state: State = .absent
}

extension Timestamp {
    /// Later than any moment.
    static var never: Timestamp { Timestamp(milliseconds: .max) }
}
