/// An I/O failure: something outside did not do its part. It may be retried, and is never shown raw to a fan.
public struct Fault: Error, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// It cannot be reached, is not ready, or has no room left. Nothing happened.
        case unavailable
        /// The connection broke while committing: it may have happened or not.
        case outcomeUnknown
        /// Another process changed the same rows first. Nothing happened; the same work may be done again.
        case conflict
        /// A constraint of the schema refused the rows: a bug of ours. Nothing happened.
        case constraint
        /// The disk failed, or what is stored cannot be read: trying again does not help.
        case broken
    }

    public let code: Code
    /// What was tried: "commit a batch of 12".
    public let attempt: String
    /// The underlying error's own words, for the log only.
    public let reason: String

    public init(_ code: Code, attempt: String, reason: String) {
        self.code = code
        self.attempt = attempt
        self.reason = reason
    }

    public var description: String { "\(code.rawValue) while trying to \(attempt): \(reason)" }
}
