internal import Domain
internal import GRDB
internal import GRDBSQLite

/// The columns of the row that a query stands on, counted from 0.
///
/// Reading a value that the schema does not allow throws `SQLITE_CORRUPT`: somebody else has written the file.
struct Columns {
    private let handle: SQLiteStatement

    init(_ handle: SQLiteStatement) {
        self.handle = handle
    }

    func isNull(_ column: CInt) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

    func integer(_ column: CInt) -> Int64 { sqlite3_column_int64(handle, column) }
    func int(_ column: CInt) -> Int { Int(sqlite3_column_int64(handle, column)) }
    func bool(_ column: CInt) -> Bool { sqlite3_column_int64(handle, column) != 0 }
    func double(_ column: CInt) -> Double { sqlite3_column_double(handle, column) }
    func won(_ column: CInt) -> Won { Won(sqlite3_column_int64(handle, column)) }
    func time(_ column: CInt) -> Timestamp { Timestamp(milliseconds: sqlite3_column_int64(handle, column)) }
    func optionalTime(_ column: CInt) -> Timestamp? { isNull(column) ? nil : time(column) }

    /// The bytes of a blob or text, good until the next step.
    func withBytes<Result>(_ column: CInt, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        let start = sqlite3_column_blob(handle, column)
        return try body(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
    }

    func id<Entity>(_ column: CInt, of entity: Entity.Type = Entity.self) throws -> ID<Entity> {
        guard let id = withBytes(column, { ID<Entity>(bytes: $0) }) else { throw corrupt(column, "an id") }
        return id
    }

    func optionalID<Entity>(_ column: CInt) throws -> ID<Entity>? {
        isNull(column) ? nil : try id(column)
    }

    func digest(_ column: CInt) throws -> Digest {
        guard let digest = withBytes(column, { Digest(bytes: $0) }) else { throw corrupt(column, "a digest") }
        return digest
    }

    func bytes(_ column: CInt) -> [UInt8] { withBytes(column) { Array($0) } }
    func text(_ column: CInt) -> String { withBytes(column) { String(decoding: $0, as: UTF8.self) } }
    func optionalText(_ column: CInt) -> String? { isNull(column) ? nil : text(column) }

    func localized(ko: CInt, en: CInt) -> LocalizedText { LocalizedText(ko: text(ko), en: text(en)) }

    /// A state, kept as its word.
    func word<Word: RawRepresentable>(_ column: CInt) throws -> Word where Word.RawValue == String {
        guard let word = Word(rawValue: text(column)) else { throw corrupt(column, "a \(Word.self)") }
        return word
    }

    private func corrupt(_ column: CInt, _ expected: String) -> DatabaseError {
        let name = sqlite3_column_name(handle, column).map { String(cString: $0) } ?? "column \(column)"
        return DatabaseError(resultCode: .SQLITE_CORRUPT, message: "\(name) does not hold \(expected)")
    }
}
