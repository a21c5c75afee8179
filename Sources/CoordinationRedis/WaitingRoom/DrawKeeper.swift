internal import Domain
internal import Ports

/// A draw that has happened in Redis and that the store has not kept yet.
struct PendingDraw: Sendable {
    let seed: [UInt8]
    let firstNumber: Int64
    let count: Int

    /// Reads `DRAWN`, seed, first number and count.
    init?(_ values: [RedisReply]) {
        guard values.count >= 4, let seed = values[1].bytes, let first = values[2].integer,
            let count = values[3].integer
        else { return nil }
        self.seed = seed
        firstNumber = first
        self.count = Int(count)
    }
}

/// Has the store keep draws (docs/adr/0011), so that whoever was drawn and not told yet gets the same number again in a
/// room that was lost.
struct DrawKeeper: Sendable {
    /// Lots of one call, so that the server is not held up: a million take a hundred calls.
    private static let lotMax = 10_000

    let servers: any RedisServers
    let store: any DrawStore
    let book: RoomBook

    /// Not an error: when somebody else has kept it meanwhile, or Redis has lost it.
    func keep(_ draw: PendingDraw, of date: DateID) async throws(Fault) {
        let keys = book.keys(of: date)
        let first: [RedisCommand.Word] = [.home, .integer(draw.firstNumber)]
        var lots: [UInt64] = []
        lots.reserveCapacity(draw.count)
        while lots.count < draw.count {
            let ranks: [RedisCommand.Word] = [.integer(lots.count), .integer(lots.count + Self.lotMax - 1)]
            let reply = try await servers.run(
                RoomScripts.lots, keys: keys.all, arguments: first + ranks, tag: keys.tag)
            guard let values = reply.array, values.count == 2, values[0].text == "OK", let bytes = values[1].bytes,
                !bytes.isEmpty
            else { return }
            bytes.withUnsafeBytes { bytes in
                for start in stride(from: 0, to: bytes.count - 7, by: 8) {
                    lots.append(UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)))
                }
            }
        }
        try await store.keep(DrawResult(seed: draw.seed, firstNumber: draw.firstNumber, lots: lots), of: date)
        _ = try await servers.run(RoomScripts.kept, keys: keys.all, arguments: first, tag: keys.tag)
    }
}
