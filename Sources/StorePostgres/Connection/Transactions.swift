extension Connection {
    /// Runs one statement, which is a transaction of its own when it is alone.
    ///
    /// A change that is sent like this is not known to be lost when no answer comes: use ``commit(_:)`` for one.
    @discardableResult
    func run(_ request: Request, limitMs: Int = Connection.answerLimitMs) throws -> QueryResult {
        try exchange([request], limitMs: limitMs)[0]
    }

    /// Begins, runs the statements and commits, all in one round trip.
    @discardableResult
    func commit(_ requests: [Request]) throws -> [QueryResult] {
        let begin = begin()
        return Array(try exchange(begin + requests + [.commit])[begin.count..<begin.count + requests.count])
    }

    /// Runs queries on one snapshot of what is committed, in one round trip. There is nothing to commit: one that broke is
    /// run again, and one that takes too long is given up.
    func snapshot(_ requests: [Request]) throws -> [QueryResult] {
        Array(try exchange([.beginSnapshot] + requests + [.rollback])[1...requests.count])
    }

    /// Begins a transaction with its first statements, for a `body` that decides how it goes on: which last statements
    /// are committed, or nil to leave everything as it was.
    func transaction<Result>(
        _ first: [Request], _ body: ([QueryResult]) throws -> (Result, commit: [Request]?)
    ) throws -> Result {
        let begin = begin()
        let results = try exchange(begin + first)
        let (result, last) = try body(Array(results.dropFirst(begin.count)))
        if let last {
            _ = try exchange(last + [.commit])
        } else {
            _ = try exchange([.rollback])
        }
        return result
    }

    /// Begins a transaction that changes something.
    ///
    /// Plans are kept, since making them costs as much as running them; but one that was made for an empty table may walk
    /// through all of it, and within a minute a sale fills it. So they are made anew every few seconds.
    private func begin() -> [Request] {
        isTimeToForgetPlans() ? [.begin, .forgetPlans] : [.begin]
    }
}
