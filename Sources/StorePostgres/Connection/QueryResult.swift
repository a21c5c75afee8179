internal import CLibpq
internal import Domain

/// The rows that a statement returned.
final class QueryResult {
    private let handle: OpaquePointer

    /// Takes the result over, and frees it at the end.
    init(_ handle: OpaquePointer) {
        self.handle = handle
    }

    deinit {
        PQclear(handle)
    }

    var status: ExecStatusType { PQresultStatus(handle) }
    var error: SQLError { SQLError(handle) }
    var count: Int { Int(PQntuples(handle)) }

    /// How many rows a statement that returns none inserted, changed or deleted.
    var changed: Int { Int(String(cString: PQcmdTuples(handle))) ?? 0 }

    func each(_ read: (Columns) throws -> Void) rethrows {
        for row in 0..<PQntuples(handle) { try read(Columns(handle, row: row)) }
    }

    func all<Row>(_ read: (Columns) throws -> Row) rethrows -> [Row] {
        var rows: [Row] = []
        rows.reserveCapacity(count)
        try each { rows.append(try read($0)) }
        return rows
    }

    /// The first row, or nil when there is none.
    func first<Row>(_ read: (Columns) throws -> Row) rethrows -> Row? {
        count > 0 ? try read(Columns(handle, row: 0)) : nil
    }
}

/// The columns of one row, counted from 0, in binary format.
///
/// Reading a value that the schema does not allow throws ``UnreadableRow``: somebody else has written the table.
struct Columns {
    private let handle: OpaquePointer
    private let row: CInt

    fileprivate init(_ handle: OpaquePointer, row: CInt) {
        self.handle = handle
        self.row = row
    }

    func isNull(_ column: CInt) -> Bool { PQgetisnull(handle, row, column) == 1 }

    /// The bytes of a value; none for NULL.
    func withBytes<Result>(_ column: CInt, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        let start = PQgetvalue(handle, row, column)
        return try body(UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(handle, row, column))))
    }

    func integer(_ column: CInt) throws -> Int64 {
        try withBytes(column) { bytes in
            guard bytes.count == 8 else { throw unreadable(column, "a bigint") }
            return Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
        }
    }

    func int(_ column: CInt) throws -> Int { Int(try integer(column)) }
    func won(_ column: CInt) throws -> Won { Won(try integer(column)) }
    func double(_ column: CInt) throws -> Double { Double(bitPattern: UInt64(bitPattern: try integer(column))) }
    func time(_ column: CInt) throws -> Timestamp { Timestamp(postgresMicroseconds: try integer(column)) }
    func optionalTime(_ column: CInt) throws -> Timestamp? { isNull(column) ? nil : try time(column) }

    func bool(_ column: CInt) throws -> Bool {
        try withBytes(column) { bytes in
            guard bytes.count == 1 else { throw unreadable(column, "a boolean") }
            return bytes[0] != 0
        }
    }

    func id<Entity>(_ column: CInt, of entity: Entity.Type = Entity.self) throws -> ID<Entity> {
        guard let id = withBytes(column, { ID<Entity>(bytes: $0) }) else { throw unreadable(column, "an id") }
        return id
    }

    func optionalID<Entity>(_ column: CInt) throws -> ID<Entity>? {
        isNull(column) ? nil : try id(column)
    }

    func digest(_ column: CInt) throws -> Digest {
        guard let digest = withBytes(column, { Digest(bytes: $0) }) else { throw unreadable(column, "a digest") }
        return digest
    }

    func bytes(_ column: CInt) -> [UInt8] { withBytes(column) { Array($0) } }
    func text(_ column: CInt) -> String { withBytes(column) { String(decoding: $0, as: UTF8.self) } }
    func optionalText(_ column: CInt) -> String? { isNull(column) ? nil : text(column) }

    func localized(ko: CInt, en: CInt) -> LocalizedText { LocalizedText(ko: text(ko), en: text(en)) }

    /// A state, kept as its word.
    func word<Word: RawRepresentable>(_ column: CInt) throws -> Word where Word.RawValue == String {
        guard let word = Word(rawValue: text(column)) else { throw unreadable(column, "a \(Word.self)") }
        return word
    }

    private func unreadable(_ column: CInt, _ expected: String) -> UnreadableRow {
        let name = PQfname(handle, column).map { String(cString: $0) } ?? "column \(column)"
        return UnreadableRow(reason: "\(name) does not hold \(expected)")
    }
}

/// A value that the schema does not allow.
struct UnreadableRow: Error {
    let reason: String
}
