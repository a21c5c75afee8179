internal import Ports

extension Fault {
    /// What a failure of a job on a connection means to whoever asked, in one line that names the server.
    init(_ error: any Error, attempt: String, server: String) {
        switch error {
        case let fault as Fault:
            self = Fault(fault.code, attempt: attempt, reason: fault.reason)
        case Pipeline.Failure.lost(let reason, let mayHaveCommitted):
            let code: Code = mayHaveCommitted ? .outcomeUnknown : .unavailable
            self.init(code, attempt: attempt, reason: "PostgreSQL at \(server): \(reason.inOneLine)")
        case Pipeline.Failure.refused(let refusal):
            self.init(
                Self.code(of: refusal), attempt: attempt,
                reason: "PostgreSQL at \(server): \(refusal.message.inOneLine) (\(refusal.state))")
        case let row as UnreadableRow:
            self.init(.broken, attempt: attempt, reason: "PostgreSQL at \(server): \(row.reason)")
        default:
            self.init(.unavailable, attempt: attempt, reason: "\(error)".inOneLine)
        }
    }

    private static func code(of refusal: SQLError) -> Code {
        switch refusal.state {
        case _ where refusal.lostToAnother: return .conflict
        case SQLError.changedByAnother: return .conflict
        case SQLError.rowMissing: return .constraint
        // A constraint, or a value that a column cannot hold.
        case let state where state.hasPrefix("23") || state.hasPrefix("22"): return .constraint
        // The disk failed, a page cannot be read, or the tables or the rights are not what they must be. A full disk is
        // not among them: somebody makes room, and then the same work can be done.
        case "58030": return .broken
        case let state where state.hasPrefix("XX") || state.hasPrefix("42"): return .broken
        default: return .unavailable
        }
    }
}

extension SQLError {
    /// What `expect_rows` of the schema raises.
    static let changedByAnother = "JA001"
    static let rowMissing = "JA002"

    /// Whether nothing is wrong with the server: it is only not the one to write to, so another must be found.
    var isReadOnlyServer: Bool { state == "25006" }
    /// Constraints that are broken only when another transaction was first with a row that this one did not find.
    private static let racedConstraints: Set<String> = ["answers_by_scope", "wallets_pkey", "payments_by_gateway_key"]

    /// Whether another transaction got in the way, so that the same one may just be run again: a serialization failure,
    /// a deadlock, or a row that came in between.
    var lostToAnother: Bool {
        switch state {
        case "40001", "40P01": true
        case "23505": Self.racedConstraints.contains(constraint)
        default: false
        }
    }
}
