public import Domain
internal import GRDB
public import Ports

enum DrawStatement: String, StatementSet {
    /// Numbers only grow, so a draw with lower ones is an older one that comes late: the newer one stays.
    case keep = """
        INSERT INTO draws (date_id, seed, first_number, lots) VALUES (?, ?, ?, ?)
        ON CONFLICT (date_id) DO UPDATE
        SET seed = excluded.seed, first_number = excluded.first_number, lots = excluded.lots
        WHERE draws.first_number <= excluded.first_number
        """
    case ofDate = "SELECT seed, first_number, lots FROM draws WHERE date_id = ?"
    case delete = "DELETE FROM draws WHERE date_id = ?"
}

extension SQLiteStore {
    /// All lots as one blob of 8 bytes each: a million of them are 8 MB, written once and read at a start.
    public func keep(_ draw: DrawResult, of date: DateID) async throws(Fault) {
        try await write("keep a draw of \(draw.lots.count) fans") { db in
            let bytes = [UInt8](unsafeUninitializedCapacity: draw.lots.count * 8) { buffer, count in
                for (index, lot) in draw.lots.enumerated() {
                    UnsafeMutableRawBufferPointer(buffer)
                        .storeBytes(of: lot.bigEndian, toByteOffset: index * 8, as: UInt64.self)
                }
                count = draw.lots.count * 8
            }
            try PreparedStatement(DrawStatement.keep, on: db).run(date, draw.seed, draw.firstNumber, bytes)
        }
    }

    public func keptDraw(of date: DateID) async throws(Fault) -> DrawResult? {
        try await read("read a draw") { db in
            try PreparedStatement(DrawStatement.ofDate, on: db).first(date) { row in
                let lots = row.withBytes(2) { bytes in
                    stride(from: 0, to: bytes.count, by: 8).map {
                        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt64.self))
                    }
                }
                return DrawResult(seed: row.bytes(0), firstNumber: row.integer(1), lots: lots)
            }
        }
    }
}
