/// What the audit found.
public struct AuditReport: Sendable {
    /// One of the invariants of DESIGN section 4.
    public struct Finding: Hashable, Sendable {
        /// "I1" to "I6".
        public let invariant: String
        public let title: String
        /// Rows that break it. 0 is what it should be.
        public let violations: Int
        /// Up to ten ids of such rows.
        public let examples: [String]

        public init(invariant: String, title: String, violations: Int, examples: [String]) {
            self.invariant = invariant
            self.title = title
            self.violations = violations
            self.examples = examples
        }
    }

    public var findings: [Finding]
    /// Rows looked at, by what they are: "seats", "reservations" …
    public var counts: [(name: String, count: Int)]

    public init(findings: [Finding], counts: [(name: String, count: Int)]) {
        self.findings = findings
        self.counts = counts
    }

    public var isClean: Bool { findings.allSatisfy { $0.violations == 0 } }
}

/// Checks a store against the rules, on one consistent snapshot, also under load.
public protocol Auditor: Sendable {
    func audit() async throws(Fault) -> AuditReport
}
