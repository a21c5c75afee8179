internal import Domain
internal import Ports

/// What a script says of a room.
enum RoomAnswer {
    case ok(RoomReply)
    /// There is no room in this server: there never was one, or the server has lost it.
    case none
    /// The room was closed for good.
    case closed
    /// The room is there, but this server has not been seen to have all of it.
    case strange
    /// Lots are wanted by this seed.
    case seed([UInt8])
    /// Nobody is told anything before the store has kept this draw.
    case drawn(PendingDraw)

    init(_ reply: RedisReply) throws(Fault) {
        guard let values = reply.array, let status = values.first?.text else { throw RoomReply.malformed(reply) }
        switch status {
        case "OK": self = .ok(RoomReply(values: values))
        case "NONE": self = .none
        case "CLOSED": self = .closed
        case "STRANGE": self = .strange
        case "SEED": self = .seed(values.count > 1 ? values[1].bytes ?? [] : [])
        case "DRAWN":
            guard let draw = PendingDraw(values) else { throw RoomReply.malformed(reply) }
            self = .drawn(draw)
        default: throw RoomReply.malformed(reply)
        }
    }
}

/// Places of fans, and what they are judged by, as the core's `answer` sends them.
struct RoomReply: Sendable {
    private static let placeLength = 19

    let values: [RedisReply]

    static func malformed(_ reply: RedisReply) -> Fault {
        Fault(.broken, attempt: "read what Redis says of a waiting room", reason: "\(reply)")
    }

    private func integer(_ index: Int) -> Int64 { index < values.count ? values[index].integer ?? 0 : 0 }

    private var now: Timestamp { Timestamp(milliseconds: integer(1)) }
    private var opensAt: Timestamp { Timestamp(milliseconds: integer(2)) }
    private var closesAt: Timestamp { Timestamp(milliseconds: integer(3)) }
    private var isPaused: Bool { integer(4) == 1 }
    private var isAnyFree: Bool { integer(5) != 0 }
    private var isSoldOut: Bool { integer(6) == 1 }
    private var waiting: Int { Int(integer(7)) }
    private var active: Int { Int(integer(8)) }
    private var letIn: Int64 { integer(9) }
    private var admitPerSecond: Int64 { integer(11) }

    var figures: QueueFigures {
        QueueFigures(
            waiting: waiting, active: active, calledUpTo: integer(14), admittedPerSecond: Double(letIn) / 10,
            isPaused: isPaused, isSoldOut: isSoldOut, hasDrawn: integer(17) == 1)
    }

    /// The change by which a fan left, which the store has to learn. Nil for one who had no place.
    var departure: Int64? {
        guard values.count > 16 else { return nil }
        return values[16].array?.first?.text.flatMap { Int64($0) }
    }

    /// The rate of the last ten seconds, else the rate that the rules allow: that of the door, or, when the room is
    /// full, that of stays which last as long as they may.
    private var admissionsPerSecond: Double {
        let door = Double(admitPerSecond)
        if letIn > 0 {
            let elapsedMs = min(max(now.milliseconds - integer(10), 1_000), 10_000)
            return min(Double(letIn) * 1_000 / Double(elapsedMs), door)
        }
        guard active >= Int(integer(12)) else { return door }
        return min(Double(integer(12)) * 1_000 / Double(integer(13)), door)
    }

    /// The places, one for each fan who was asked about.
    func sightings(of fans: [UserID]) throws(Fault) -> [Sighting] {
        guard values.count >= 18, let places = values[15].bytes, let pending = values[16].array,
            places.count == fans.count * Self.placeLength, pending.isEmpty || pending.count == fans.count
        else { throw Self.malformed(.array(values)) }
        let admissionsPerSecond = admissionsPerSecond
        return places.withUnsafeBytes { bytes in
            fans.indices.map { index in
                let record = UnsafeRawBufferPointer(rebasing: bytes[(index * Self.placeLength)...])
                let change = pending.isEmpty ? nil : pending[index].text.flatMap { Int64($0) }
                return Sighting(
                    place: place(record, of: fans[index], admissionsPerSecond: admissionsPerSecond), change: change)
            }
        }
    }

    private func place(_ record: UnsafeRawBufferPointer, of fan: UserID, admissionsPerSecond: Double) -> QueuePlace? {
        let (number, ahead) = (Self.integer(record, at: 1), Int(Self.integer(record, at: 7)))
        let endsAt = Timestamp(milliseconds: Self.integer(record, at: 13))
        let untilOpeningMs = opensAt.milliseconds(since: now)
        switch record[0] {
        case 1:
            return QueuePlace(
                status: .waiting, number: 0, ahead: nil, estimatedWaitSeconds: nil,
                pollAfterMs: PollAdvice.gatheringMs(untilOpeningMs: untilOpeningMs, fans: waiting, fan: fan),
                expiresAt: opensAt.adding(milliseconds: 1_800_000), isSoldOut: isSoldOut)
        case 2:
            let waitSeconds = Double(ahead + 1) / admissionsPerSecond
            let isKnown = !isPaused && isAnyFree && now < closesAt
            let estimate = waitSeconds + Double(max(0, untilOpeningMs)) / 1_000
            return QueuePlace(
                status: .waiting, number: number, ahead: ahead,
                estimatedWaitSeconds: isKnown ? Int(estimate.rounded(.up)) : nil,
                pollAfterMs: untilOpeningMs > 0
                    ? PollAdvice.gatheringMs(untilOpeningMs: untilOpeningMs, fans: waiting, fan: fan)
                    : PollAdvice.waitingMs(waitSeconds: waitSeconds),
                expiresAt: endsAt, isSoldOut: isSoldOut)
        case 3, 4:
            return QueuePlace(
                status: .active, number: number, ahead: 0, estimatedWaitSeconds: 0,
                pollAfterMs: PollAdvice.insideMs, expiresAt: endsAt, isSoldOut: isSoldOut)
        default: return nil
        }
    }

    /// Six bytes, most significant first.
    private static func integer(_ record: UnsafeRawBufferPointer, at offset: Int) -> Int64 {
        var value: Int64 = 0
        for index in offset..<offset + 6 { value = value << 8 | Int64(record[index]) }
        return value
    }
}

/// A fan's place, and the change of it that the store has not seen.
struct Sighting: Sendable {
    let place: QueuePlace?
    let change: Int64?
}
