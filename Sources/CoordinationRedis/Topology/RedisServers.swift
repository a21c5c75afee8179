internal import Ports

/// The servers behind a URL: one, the one that sentinels name, or a cluster.
protocol RedisServers: Sendable {
    /// Whether keys with different tags may lie in different servers, so that they cannot go in one call.
    var spreadsKeys: Bool { get }
    func start()
    func close()
    /// Sends a command to the server that keeps the keys with this tag.
    func send(_ command: RedisCommand, tag: HashTag, _ completion: @escaping RedisCompletion)
    /// A server that hears all that is published.
    func subscriptionAddress() async throws(Fault) -> RedisAddress
    /// Asks every server that keeps keys for a sign.
    func check() async throws(Fault)
}

extension RedisServers {
    func send(_ command: RedisCommand, tag: HashTag) async throws(Fault) -> RedisReply {
        try await withCheckedContinuation { continuation in
            send(command, tag: tag) { continuation.resume(returning: $0) }
        }.get()
    }

    /// Asks the server that keeps the keys with this tag for a sign.
    func sign(_ tag: HashTag) async throws(Fault) {
        let reply = try await send(RedisCommand("PING"), tag: tag)
        if let error = reply.errorText { throw Fault(.unavailable, attempt: "ask Redis for a sign", reason: error) }
    }
}

/// The part of a key that decides in which slot of a cluster it lies. Keys of one script have one tag.
struct HashTag: Hashable, Sendable {
    static let slotCount = 16_384

    /// From 0 to 16,383.
    let slot: Int

    init(slot: Int) {
        self.slot = slot
    }

    /// - Parameter text: What stands between the braces.
    init(_ text: some Sequence<UInt8>) {
        slot = Int(CRC16.of(text)) % Self.slotCount
    }
}

/// The checksum by which a cluster spreads keys: CRC-16 with the polynomial of XMODEM.
enum CRC16 {
    private static let table: [UInt16] = (0..<256).map { byte in
        var sum = UInt16(byte) << 8
        for _ in 0..<8 { sum = sum & 0x8000 != 0 ? sum << 1 ^ 0x1021 : sum << 1 }
        return sum
    }

    static func of(_ bytes: some Sequence<UInt8>) -> UInt16 {
        bytes.reduce(0) { sum, byte in sum << 8 ^ table[Int(UInt8(truncatingIfNeeded: sum >> 8) ^ byte)] }
    }
}
