/// The right to enter, for one paid seat.
public struct Ticket: Hashable, Sendable {
    public enum Status: String, CaseIterable, Sendable {
        case valid = "VALID"
        case used = "USED"
        case void = "VOID"
    }

    public let id: TicketID
    public let reservationID: ReservationID
    public let dateID: DateID
    public let userID: UserID
    public let seat: ReservedSeat
    public let code: TicketCode
    public var status: Status
    public var usedAt: Timestamp?
    /// Where it was used, as the staff who let it in named the place.
    public var usedGate: String?
    /// Why it was refunded, as whoever did so says. Only for `VOID`.
    public var refundReason: String?
    public let createdAt: Timestamp

    public init(
        id: TicketID, reservationID: ReservationID, dateID: DateID, userID: UserID, seat: ReservedSeat,
        code: TicketCode, status: Status = .valid, usedAt: Timestamp? = nil, usedGate: String? = nil,
        refundReason: String? = nil, createdAt: Timestamp
    ) {
        self.id = id
        self.reservationID = reservationID
        self.dateID = dateID
        self.userID = userID
        self.seat = seat
        self.code = code
        self.status = status
        self.usedAt = usedAt
        self.usedGate = usedGate
        self.refundReason = refundReason
        self.createdAt = createdAt
    }
}

/// What a ticket is known by: the ticket's id, so that it is found by its primary key, and 64 secret bits, so that
/// knowing an id does not open a door.
///
/// 39 characters of Crockford's base 32, which has no letters that are mistaken for digits: 26 for the id and 13 for
/// the secret. Lower case is read as upper case, `O` as `0`, `I` and `L` as `1`.
public struct TicketCode: Hashable, Sendable {
    public let ticketID: TicketID
    public let secret: UInt64

    public init(ticketID: TicketID, secret: UInt64) {
        self.ticketID = ticketID
        self.secret = secret
    }

    public init?(_ text: String) {
        var values: [UInt8] = []
        for byte in text.utf8 where byte != UInt8(ascii: "-") && byte != UInt8(ascii: " ") {
            guard let value = crockfordValue(byte) else { return nil }
            values.append(value)
        }
        guard values.count == 39 else { return nil }
        func number(_ range: Range<Int>) -> (high: UInt64, low: UInt64)? {
            var result: (high: UInt64, low: UInt64) = (0, 0)
            for value in values[range] {
                guard result.high >> 59 == 0 else { return nil }
                result.high = result.high << 5 | result.low >> 59
                result.low = result.low << 5 | UInt64(value)
            }
            return result
        }
        guard let id = number(0..<26), let secret = number(26..<39), secret.high == 0 else { return nil }
        self.init(ticketID: TicketID(high: id.high, low: id.low), secret: secret.low)
    }
}

extension TicketCode: CustomStringConvertible {
    public var description: String {
        var text: [UInt8] = []
        text.reserveCapacity(39)
        func append(high: UInt64, low: UInt64, count: Int) {
            for index in stride(from: count - 1, through: 0, by: -1) {
                let shift = index * 5
                let bits: UInt64
                if shift >= 64 {
                    bits = high >> UInt64(shift - 64)
                } else if shift > 59 {
                    bits = low >> UInt64(shift) | high << UInt64(64 - shift)
                } else {
                    bits = low >> UInt64(shift)
                }
                text.append(crockfordDigits[Int(bits & 31)])
            }
        }
        append(high: ticketID.high, low: ticketID.low, count: 26)
        append(high: 0, low: secret, count: 13)
        return String(decoding: text, as: UTF8.self)
    }
}

/// The 32 digits, by their value.
public let crockfordDigits = [UInt8]("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

/// The value of a digit in either case; nil for what is none.
public func crockfordValue(_ byte: UInt8) -> UInt8? {
    var upper = byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") ? byte - 32 : byte
    switch upper {
    case UInt8(ascii: "O"): upper = UInt8(ascii: "0")
    case UInt8(ascii: "I"), UInt8(ascii: "L"): upper = UInt8(ascii: "1")
    default: break
    }
    return crockfordDigits.firstIndex(of: upper).map(UInt8.init)
}
