internal import Domain

/// A question about a fan's place.
struct Look: Sendable {
    enum Kind: UInt8 {
        /// Where the fan stands; it is a sign of the fan.
        case place = 0x50
        case isActive = 0x41
    }

    let kind: Kind
    let fan: UserID
    let number: Int64
    let now: Timestamp

    func write(to bytes: inout [UInt8]) {
        bytes.append(kind.rawValue)
        bytes.append(fan)
        bytes.append(number)
    }
}

/// A fan's wish for a place.
struct JoinWish: Sendable {
    let fan: UserID
    let number: Int64
    let now: Timestamp
}

/// A place that the store has to learn of.
struct UnsavedPlace: Sendable {
    let fan: UserID
    /// Nil when the fan has none any more.
    let number: Int64?
    let change: Int64

    /// Whether the store may still have a place that the fan has left: see `unsaved` in ``RoomScripts``.
    var isAfterLeaving: Bool { change % 2 != 0 }
}

extension [UInt8] {
    mutating func append<Entity>(_ id: ID<Entity>) {
        id.withBytes { append(contentsOf: $0) }
    }

    mutating func append(_ value: Int64) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    mutating func append(_ digest: Digest) {
        digest.withBytes { append(contentsOf: $0) }
    }
}
