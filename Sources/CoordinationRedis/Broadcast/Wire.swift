internal import Domain
internal import Ports

/// What processes send to each other, most significant byte first. The first byte is the version; messages of another
/// one are not read, so that two versions of the program may run beside each other.
enum Wire {
    static let version: UInt8 = 1
    /// Seats in one message, so that it is smaller than 64 KiB.
    static let seatCountMax = 1_900
}

/// Reads a message from the front. Every read is nil when there is not enough left.
struct WireReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func byte() -> UInt8? { rest.popFirst() }

    mutating func integer() -> Int64? {
        guard rest.count >= 8 else { return nil }
        defer { rest = rest.dropFirst(8) }
        return rest.prefix(8).reduce(0) { $0 << 8 | Int64($1) }
    }

    mutating func id<Entity>() -> ID<Entity>? {
        guard let high = integer(), let low = integer() else { return nil }
        return ID(high: UInt64(bitPattern: high), low: UInt64(bitPattern: low))
    }
}

/// A notice on its way to other processes. Of seats each process makes notices of its own, from its own map.
struct NoticeMessage {
    private static let queue: UInt8 = 1
    private static let soldOut: UInt8 = 2

    let sender: Int64
    let date: DateID
    let notice: Notice

    /// Nil for a notice that stays in its process.
    var bytes: [UInt8]? {
        var bytes: [UInt8] = [Wire.version]
        switch notice {
        case .seats, .mapReplaced: return nil
        case .soldOut:
            bytes.append(Self.soldOut)
            bytes.append(sender)
            bytes.append(date)
        case .queue(let figures):
            bytes.append(Self.queue)
            bytes.append(sender)
            bytes.append(date)
            bytes.append(Int64(figures.waiting))
            bytes.append(Int64(figures.active))
            bytes.append(figures.calledUpTo)
            bytes.append(Int64(bitPattern: figures.admittedPerSecond.bitPattern))
            let flags: UInt8 =
                (figures.isPaused ? 1 : 0) | (figures.isSoldOut ? 2 : 0) | (figures.hasDrawn ? 4 : 0)
            bytes.append(flags)
        }
        return bytes
    }

    init(sender: Int64, date: DateID, notice: Notice) {
        self.sender = sender
        self.date = date
        self.notice = notice
    }

    init?(_ bytes: [UInt8]) {
        var reader = WireReader(bytes)
        guard reader.byte() == Wire.version, let kind = reader.byte(), let sender = reader.integer(),
            let date = reader.id() as DateID?
        else { return nil }
        self.sender = sender
        self.date = date
        switch kind {
        case Self.soldOut: notice = .soldOut
        case Self.queue:
            guard let waiting = reader.integer(), let active = reader.integer(), let called = reader.integer(),
                let rate = reader.integer(), let flags = reader.byte()
            else { return nil }
            notice = .queue(
                QueueFigures(
                    waiting: Int(waiting), active: Int(active), calledUpTo: called,
                    admittedPerSecond: Double(bitPattern: UInt64(bitPattern: rate)), isPaused: flags & 1 != 0,
                    isSoldOut: flags & 2 != 0, hasDrawn: flags & 4 != 0))
        default: return nil
        }
    }
}

/// Seat news on their way to other processes.
struct NewsMessage: Hashable {
    enum Content: Hashable {
        case news(SeatArrival)
        /// Nothing new; it tells the number of the last message, so that one that was lost is missed.
        case sign
    }

    private static let sign: UInt8 = 0
    private static let changed: UInt8 = 1
    private static let replaced: UInt8 = 2
    private static let missed: UInt8 = 3

    let sender: Int64
    /// Grows by one with every message of a sender; a sign has that of the message before it.
    let sequence: Int64
    let content: Content

    var bytes: [UInt8] {
        var bytes: [UInt8] = [Wire.version]
        func start(_ kind: UInt8) {
            bytes.append(kind)
            bytes.append(sender)
            bytes.append(sequence)
        }
        switch content {
        case .sign: start(Self.sign)
        case .news(.missed): start(Self.missed)
        case .news(.replaced(let date)):
            start(Self.replaced)
            bytes.append(date)
        case .news(.changed(let date, let updates)):
            bytes.reserveCapacity(34 + updates.count * 33)
            start(Self.changed)
            bytes.append(date)
            for update in updates {
                bytes.append(update.seatID)
                bytes.append(update.state.code)
                bytes.append(update.heldUntil?.milliseconds ?? .min)
                bytes.append(update.version)
            }
        }
        return bytes
    }

    init(sender: Int64, sequence: Int64, content: Content) {
        self.sender = sender
        self.sequence = sequence
        self.content = content
    }

    init?(_ bytes: [UInt8]) {
        var reader = WireReader(bytes)
        guard reader.byte() == Wire.version, let kind = reader.byte(), let sender = reader.integer(),
            let sequence = reader.integer()
        else { return nil }
        self.sender = sender
        self.sequence = sequence
        switch kind {
        case Self.sign: content = .sign
        case Self.missed: content = .news(.missed)
        case Self.replaced:
            guard let date = reader.id() as DateID? else { return nil }
            content = .news(.replaced(date))
        case Self.changed:
            guard let date = reader.id() as DateID? else { return nil }
            var updates: [SeatUpdate] = []
            while !reader.isAtEnd {
                guard let seatID = reader.id() as SeatID?, let code = reader.byte(),
                    let state = SeatState(code: code), let heldUntil = reader.integer(), let version = reader.integer()
                else { return nil }
                updates.append(
                    SeatUpdate(
                        seatID: seatID, state: state,
                        heldUntil: heldUntil == .min ? nil : Timestamp(milliseconds: heldUntil), version: version))
            }
            content = .news(.changed(date, updates))
        default: return nil
        }
    }
}

extension SeatState {
    fileprivate var code: UInt8 {
        switch self {
        case .available: 0
        case .pending: 1
        case .confirmed: 2
        case .paid: 3
        case .blocked: 4
        }
    }

    fileprivate init?(code: UInt8) {
        guard let state = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = state
    }
}
