internal import Crypto
public import Domain

/// Signs tickets with Ed25519, so that a door without a network can tell a good one from a forged one.
///
/// What stands in the QR is `CODE.DATE.SIGNATURE`: the ticket's code, the id of its date and the signature of both, each
/// in Crockford's base 32, which a QR code packs tightly. A signature says that Jari issued the ticket for that date; that
/// it was not refunded or used, only the server knows. docs/adr/0022 has the reasons.
public struct TicketSigner: Sendable {
    /// Tells these signatures from others made with the same key.
    private static let purpose = [UInt8]("jari-ticket-1:".utf8)

    private let keys: [Curve25519.Signing.PrivateKey]

    /// - Parameter secrets: 32 bytes each, the newest first: it signs, and all are good for checking.
    public init(secrets: [[UInt8]]) {
        precondition(!secrets.isEmpty, "a signer needs a key")
        keys = secrets.map { secret in
            guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: SHA256.hash(data: secret)) else {
                preconditionFailure("any 32 bytes are an Ed25519 key")
            }
            return key
        }
    }

    /// 32 bytes each, the one that signs first.
    public var publicKeys: [[UInt8]] { keys.map { Array($0.publicKey.rawRepresentation) } }

    /// What stands in a ticket's QR. Takes some 50 µs, so it is made when a ticket is looked at, not when it is sold.
    public func signed(_ ticket: Ticket) -> String {
        let text = "\(ticket.code).\(Crockford.encode(ticket.dateID.withBytes { Array($0) }))"
        guard let signature = try? keys[0].signature(for: Self.purpose + Array(text.utf8)) else {
            preconditionFailure("signing with Ed25519 does not fail")
        }
        return "\(text).\(Crockford.encode(Array(signature)))"
    }

    /// The code in what was scanned or typed. Nil when its signature, if it has one, is not good.
    func code(in scanned: String) -> TicketCode? {
        // As people copy it: in groups, with spaces or dashes between.
        let text = scanned.filter { $0 != " " && $0 != "-" }
        return text.contains(".") ? Self.verify(text, with: publicKeys)?.code : TicketCode(text)
    }

    /// Checks a signed ticket without a server.
    ///
    /// - Returns: The ticket's code and the date it is for; nil when it is forged or not whole.
    public static func verify(_ scanned: String, with publicKeys: [[UInt8]]) -> (code: TicketCode, dateID: DateID)? {
        let parts = scanned.uppercased().split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let code = TicketCode(String(parts[0])),
            let date = Crockford.decode(parts[1], count: 16)?.withUnsafeBytes({ DateID(bytes: $0) }),
            let signature = Crockford.decode(parts[2], count: 64)
        else { return nil }
        let signed = purpose + Array("\(code).\(Crockford.encode(date.withBytes { Array($0) }))".utf8)
        let isGood = publicKeys.contains { bytes in
            guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else { return false }
            return key.isValidSignature(signature, for: signed)
        }
        return isGood ? (code, date) : nil
    }
}

/// Bytes in Crockford's base 32, five bits a digit from the first on; the last digit is filled up with zeros.
enum Crockford {
    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count * 8 + 4) / 5)
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 5 {
                count -= 5
                text.append(crockfordDigits[Int(bits >> UInt32(count) & 31)])
            }
            bits &= (1 << UInt32(count)) - 1
        }
        if count > 0 { text.append(crockfordDigits[Int(bits << UInt32(5 - count) & 31)]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// - Returns: Nil when there are more or fewer than `count` bytes, or anything but digits.
    static func decode(_ text: some StringProtocol, count: Int) -> [UInt8]? {
        guard text.utf8.count == (count * 8 + 4) / 5 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        var bits: UInt32 = 0
        var bitCount = 0
        for digit in text.utf8 {
            guard let value = crockfordValue(digit) else { return nil }
            bits = bits << 5 | UInt32(value)
            bitCount += 5
            if bitCount >= 8 {
                bitCount -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
                bits &= (1 << UInt32(bitCount)) - 1
            }
        }
        // One text for the same bytes: what fills up the last digit must be zeros.
        return bits == 0 ? bytes : nil
    }
}

extension [UInt8] {
    /// Two digits a byte, in lower case.
    var hexadecimal: String {
        var text = ""
        text.reserveCapacity(count * 2)
        for byte in self {
            if byte < 16 { text += "0" }
            text += String(byte, radix: 16)
        }
        return text
    }
}
