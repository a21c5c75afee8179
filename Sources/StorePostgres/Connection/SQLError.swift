internal import CLibpq

/// What the server said against a statement.
struct SQLError: Hashable, Sendable {
    /// Five characters: https://www.postgresql.org/docs/current/errcodes-appendix.html. Empty when libpq itself
    /// complains.
    let state: String
    let message: String
    /// The constraint that was broken, if it was one.
    let constraint: String
    /// Whether the server ends the connection with it.
    let isFatal: Bool

    init(state: String, message: String, constraint: String = "", isFatal: Bool = false) {
        self.state = state
        self.message = message
        self.constraint = constraint
        self.isFatal = isFatal
    }

    init(_ result: OpaquePointer) {
        func field(_ letter: Unicode.Scalar) -> String {
            PQresultErrorField(result, CInt(letter.value)).map { String(cString: $0) } ?? ""
        }
        let words = field("M")
        self.init(
            state: field("C"), message: words.isEmpty ? String(cString: PQresultErrorMessage(result)) : words,
            constraint: field("n"), isFatal: field("V") != "ERROR")
    }
}
