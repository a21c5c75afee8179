/// The order in which answers come in for the statements that were sent as one pipeline, up to its sync point.
///
/// It performs nothing: a ``Connection`` tells it what arrived and does what it says. So what a broken connection
/// means at which point is tested without a server.
struct Pipeline {
    /// What was sent, in order. Numbers count the requests.
    enum Step: Hashable, Sendable {
        case prepare(Int)
        case run(Int)
        /// A `COMMIT`: the only step that makes anything last.
        case commit(Int)

        fileprivate var isCommit: Bool { if case .commit = self { true } else { false } }
    }

    /// What came from the server.
    enum Arrival: Hashable, Sendable {
        /// Rows, or that a statement is done.
        case result
        case refused(SQLError)
        /// Left out because an earlier step was refused.
        case skipped
        /// No more results of this step.
        case endOfStep
        case sync
    }

    enum Action: Hashable, Sendable {
        /// Nothing: wait for more.
        case wait
        /// The server knows this request's statement from now on.
        case prepared(Int)
        /// The result is that of this request.
        case keep(Int)
        /// All was done.
        case finish
        /// One step was refused, and with it all of the transaction.
        case fail(Failure)
    }

    /// Why a pipeline came to nothing.
    enum Failure: Error, Hashable, Sendable {
        /// The server refused a step. The connection is as good as before, once the transaction is rolled back.
        case refused(SQLError)
        /// The connection is gone. `mayHaveCommitted`: a `COMMIT` was under way, and nobody knows.
        case lost(reason: String, mayHaveCommitted: Bool)
    }

    private let steps: [Step]
    private var current = 0
    /// Whether the current step's result has come.
    private var hasResult = false
    private var error: SQLError?

    init(_ steps: [Step]) {
        self.steps = steps
    }

    mutating func received(_ arrival: Arrival) -> Action {
        switch arrival {
        case .sync:
            guard current == steps.count || error != nil else { return outOfOrder("an early end") }
            return error.map { .fail(.refused($0)) } ?? .finish
        case .endOfStep:
            guard current < steps.count, hasResult else { return outOfOrder("an end without a result") }
            current += 1
            hasResult = false
            return .wait
        case .result:
            guard current < steps.count, !hasResult, error == nil else { return outOfOrder("an unexpected result") }
            hasResult = true
            switch steps[current] {
            case .prepare(let request): return .prepared(request)
            case .run(let request), .commit(let request): return .keep(request)
            }
        case .skipped:
            guard current < steps.count, error != nil else { return outOfOrder("a step left out for no reason") }
            hasResult = true
            return .wait
        case .refused(let refusal):
            hasResult = true
            if refusal.isFatal { return .fail(.lost(reason: refusal.message, mayHaveCommitted: reachedCommit)) }
            if error == nil { error = refusal }
            return .wait
        }
    }

    /// The connection broke without a word. A `COMMIT` that was sent may have been done, unless a step before it was
    /// refused: then the server has left it out.
    func connectionLost(_ reason: String) -> Failure {
        .lost(reason: reason, mayHaveCommitted: error == nil && steps.contains { $0.isCommit })
    }

    /// Whether the server, which answers in order, has come to the `COMMIT` or gone past it.
    private var reachedCommit: Bool {
        error == nil && steps.prefix(current + 1).contains { $0.isCommit }
    }

    private func outOfOrder(_ what: String) -> Action {
        .fail(connectionLost("answers came out of order: \(what) at step \(current) of \(steps.count)"))
    }
}
