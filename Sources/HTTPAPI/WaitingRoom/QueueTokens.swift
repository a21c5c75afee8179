internal import Crypto
internal import Domain

/// What a queue token says: who waits where, with which number.
struct QueueToken: Hashable {
    let dateID: DateID
    let userID: UserID
    /// Zero before the draw.
    let number: Int64
    /// Until when the fan is inside; nil while the fan waits. It lets those inside go on when the room cannot be asked.
    let activeUntil: Timestamp?
    let issuedAt: Timestamp

    func isActive(at now: Timestamp) -> Bool { activeUntil.map { $0 > now } ?? false }
}

/// Queue tokens: 74 bytes signed with HMAC-SHA-256, in base64url. They carry the number, so that a place survives a
/// restart of the program (docs/adr/0005).
public final class QueueTokens: Sendable {
    /// A token older than this is not taken any more: longer than anyone waits.
    private static let lifetimeMs: Int64 = 48 * 3600 * 1000
    private static let bodyLength = 58
    private static let tagLength = 16
    private static let version: UInt8 = 2

    /// One for each key, ready to take a token: keying costs as much as signing.
    private let keyed: [HMAC<SHA256>]

    /// - Parameter secrets: 32 bytes or more each. The first signs, all verify; at most 255.
    public init(secrets: [[UInt8]]) {
        precondition(!secrets.isEmpty && secrets.allSatisfy { $0.count >= 32 }, "a queue token key is too short")
        keyed = secrets.map { HMAC<SHA256>(key: SymmetricKey(data: $0)) }
    }

    /// The token as ASCII.
    func issue(_ token: QueueToken) -> [UInt8] {
        withUnsafeTemporaryAllocation(byteCount: Self.bodyLength + Self.tagLength, alignment: 8) { bytes in
            bytes.storeBytes(of: Self.version, toByteOffset: 0, as: UInt8.self)
            bytes.storeBytes(of: 0, toByteOffset: 1, as: UInt8.self)
            token.dateID.withBytes { UnsafeMutableRawBufferPointer(rebasing: bytes[2..<18]).copyMemory(from: $0) }
            token.userID.withBytes { UnsafeMutableRawBufferPointer(rebasing: bytes[18..<34]).copyMemory(from: $0) }
            bytes.storeBytes(of: token.number.bigEndian, toByteOffset: 34, as: Int64.self)
            bytes.storeBytes(of: token.issuedAt.milliseconds.bigEndian, toByteOffset: 42, as: Int64.self)
            bytes.storeBytes(of: (token.activeUntil?.milliseconds ?? 0).bigEndian, toByteOffset: 50, as: Int64.self)
            let body = UnsafeRawBufferPointer(rebasing: bytes[0..<Self.bodyLength])
            tag(of: body, with: keyed[0]).withUnsafeBytes { tag in
                UnsafeMutableRawBufferPointer(rebasing: bytes[Self.bodyLength...])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: tag[0..<Self.tagLength]))
            }
            return Base64URL.encode(UnsafeRawBufferPointer(bytes))
        }
    }

    /// What a token says; nil when it is malformed, forged or too old.
    func read(_ text: String, now: Timestamp) -> QueueToken? {
        guard let decoded = Base64URL.decode(text), decoded.count == Self.bodyLength + Self.tagLength else {
            return nil
        }
        return decoded.withUnsafeBytes { bytes in
            let body = UnsafeRawBufferPointer(rebasing: bytes[0..<Self.bodyLength])
            let presented = UnsafeRawBufferPointer(rebasing: bytes[Self.bodyLength...])
            guard bytes[0] == Self.version, keyed.contains(where: { isEqual(tag(of: body, with: $0), presented) }),
                let dateID = DateID(bytes: UnsafeRawBufferPointer(rebasing: bytes[2..<18])),
                let userID = UserID(bytes: UnsafeRawBufferPointer(rebasing: bytes[18..<34]))
            else { return nil }
            let number = Int64(bigEndian: bytes.loadUnaligned(fromByteOffset: 34, as: Int64.self))
            let issuedAt = Timestamp(
                milliseconds: Int64(bigEndian: bytes.loadUnaligned(fromByteOffset: 42, as: Int64.self)))
            guard now.milliseconds(since: issuedAt) < Self.lifetimeMs else { return nil }
            let activeUntil = Int64(bigEndian: bytes.loadUnaligned(fromByteOffset: 50, as: Int64.self))
            return QueueToken(
                dateID: dateID, userID: userID, number: number,
                activeUntil: activeUntil == 0 ? nil : Timestamp(milliseconds: activeUntil), issuedAt: issuedAt)
        }
    }

    private func tag(of body: UnsafeRawBufferPointer, with keyed: HMAC<SHA256>) -> HMAC<SHA256>.MAC {
        var mac = keyed
        mac.update(data: body)
        return mac.finalize()
    }

    /// In a time that does not tell where they differ.
    private func isEqual(_ tag: HMAC<SHA256>.MAC, _ presented: UnsafeRawBufferPointer) -> Bool {
        tag.withUnsafeBytes { tag in
            var difference: UInt8 = 0
            for index in 0..<Self.tagLength { difference |= tag[index] ^ presented[index] }
            return difference == 0
        }
    }
}

/// Base 64 with the URL-safe alphabet and without padding (RFC 4648 section 5).
enum Base64URL {
    private static let digits = [UInt8]("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xFF, count: 256)
        for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
        return values
    }()

    static func encode(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count * 4 + 2) / 3)
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                text.append(digits[Int(bits >> UInt32(count) & 63)])
            }
        }
        if count > 0 { text.append(digits[Int(bits << UInt32(6 - count) & 63)]) }
        return text
    }

    static func decode(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count * 3 / 4)
        var bits: UInt32 = 0
        var count = 0
        for digit in text.utf8 {
            let value = values[Int(digit)]
            guard value != 0xFF else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        // What is left over must be the padding bits of the last digit, all zero: one text for each value.
        guard count < 6, bits & (1 << UInt32(count) - 1) == 0 else { return nil }
        return bytes
    }
}
