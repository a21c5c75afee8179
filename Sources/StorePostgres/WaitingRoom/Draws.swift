public import Domain
public import Ports

enum DrawStatement: String, StatementSet {
    /// Numbers only grow, so a draw with lower ones is an older one that comes late: the newer one stays.
    case keep = """
        INSERT INTO draws (date_id, seed, first_number, lots) VALUES ($1, $2, $3, $4)
        ON CONFLICT (date_id) DO UPDATE
        SET seed = excluded.seed, first_number = excluded.first_number, lots = excluded.lots
        WHERE draws.first_number <= excluded.first_number
        """
    case ofDate = "SELECT seed, first_number, lots FROM draws WHERE date_id = $1"
    case delete = "DELETE FROM draws WHERE date_id = ANY ($1)"
}

/// All lots as one value of 8 bytes each, most significant byte first: a million of them are 8 MB, written once and read
/// at a start.
private struct LotList: Bindable {
    static let bytesPerLot = 8
    static var type: PostgresType { .bytea }
    let lots: [UInt64]

    func write(to bytes: inout [UInt8]) {
        bytes.reserveCapacity(bytes.count + lots.count * Self.bytesPerLot)
        for lot in lots { bytes.append(integer: lot) }
    }

    static func lots(in bytes: UnsafeRawBufferPointer) -> [UInt64] {
        stride(from: 0, to: bytes.count - bytesPerLot + 1, by: bytesPerLot).map {
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt64.self))
        }
    }
}

extension PostgresStore {
    public func keep(_ draw: DrawResult, of date: DateID) async throws(Fault) {
        try await write("keep a draw of \(draw.lots.count) fans") { db in
            let lots = LotList(lots: draw.lots)
            _ = try db.commit([Request(DrawStatement.keep, date, draw.seed, draw.firstNumber, lots)])
        }
    }

    public func keptDraw(of date: DateID) async throws(Fault) -> DrawResult? {
        try await read("read a draw") { db in
            try db.run(Request(DrawStatement.ofDate, date)).first { row in
                DrawResult(
                    seed: row.bytes(0), firstNumber: try row.integer(1), lots: row.withBytes(2) { LotList.lots(in: $0) }
                )
            }
        }
    }
}
