public import Domain
public import Logging
public import Ports

/// Runs one batch: reads and locks its rows, decides each command in turn, saves what changed, and commits once.
///
/// A batch whose commit failed or whose outcome is unknown is simply run again: deciding is pure, and the idempotency
/// records and the states of the rows tell what has happened. A batch that breaks a constraint, which is a bug, is run
/// one command at a time, so that only the bad one fails.
public final class BatchRunner: Sendable {
    /// How often a batch is run before its callers are told of the fault.
    public static let attemptsMax = 5
    /// How long a client may send the same idempotency key again.
    public static let answersKeptSeconds = 24 * 3600

    private let store: any SalesStore
    private let ids: IDMint
    private let logger: Logger
    private let pause: @Sendable (_ milliseconds: Int) async -> Void

    /// - Parameter pause: Waits before a batch is run again; a simulation lets its clock do it.
    public init(
        store: any SalesStore, random: any RandomNumberGenerator & Sendable, logger: Logger,
        pause: @Sendable @escaping (_ milliseconds: Int) async -> Void = { milliseconds in
            try? await Task.sleep(for: .milliseconds(milliseconds))
        }
    ) {
        self.store = store
        self.ids = IDMint(random: random)
        self.logger = logger
        self.pause = pause
    }

    /// What a batch came to.
    public struct Result: Sendable {
        /// One answer for each job, in their order.
        public var answers: [Answer]
        /// The seats that changed, as they are now.
        public var seats: [Seat] = []
        /// How many events were committed.
        public var eventCount = 0
        /// A run whose outcome was unknown may have changed more than `seats` and `eventCount` tell: what it did, the
        /// run after it found done.
        public var mayHaveChangedMore = false
    }

    /// A command with its caller's key and answer.
    public struct Job: Sendable {
        public let command: Command
        public let idempotency: Idempotency?
        public let encode: @Sendable (Outcome) -> EncodedAnswer

        public init(
            command: Command, idempotency: Idempotency?, encode: @Sendable @escaping (Outcome) -> EncodedAnswer
        ) {
            self.command = command
            self.idempotency = idempotency
            self.encode = encode
        }
    }

    public func run(_ jobs: [Job]) async -> Result {
        var attempt = 1
        var wasUnknown = false
        while true {
            do throws(Fault) {
                var result = try await commit(jobs)
                result.mayHaveChangedMore = wasUnknown
                return result
            } catch {
                if error.code == .outcomeUnknown { wasUnknown = true }
                switch error.code {
                case .constraint where jobs.count > 1:
                    logger.error("a batch broke a constraint, running it one by one", metadata: ["fault": "\(error)"])
                    var result = await runOneByOne(jobs)
                    if wasUnknown { result.mayHaveChangedMore = true }
                    return result
                case .constraint, .broken:
                    logger.error("a batch failed", metadata: ["fault": "\(error)", "size": "\(jobs.count)"])
                    return failed(jobs, error, wasUnknown: wasUnknown)
                case .unavailable, .outcomeUnknown, .conflict:
                    guard attempt < Self.attemptsMax else {
                        logger.error("a batch failed", metadata: ["fault": "\(error)", "size": "\(jobs.count)"])
                        return failed(jobs, error, wasUnknown: wasUnknown)
                    }
                    logger.warning("running a batch again", metadata: ["fault": "\(error)", "attempt": "\(attempt)"])
                    if error.code != .conflict { await pause(10 << attempt) }
                    attempt += 1
                }
            }
        }
    }

    private func commit(_ jobs: [Job]) async throws(Fault) -> Result {
        var keys = RowKeys()
        for job in jobs {
            job.command.addKeys(to: &keys)
            if let scope = job.idempotency?.scope { keys.answers.insert(scope) }
        }
        return try await store.commit(keys) { [ids] rows, now in
            ids.withSource { ids in
                var result = Result(answers: [])
                result.answers.reserveCapacity(jobs.count)
                for job in jobs { result.answers.append(job.decide(on: &rows, ids: &ids, now: now)) }
                result.seats = rows.seats.changed
                result.eventCount = rows.events.count
                return result
            }
        }
    }

    private func runOneByOne(_ jobs: [Job]) async -> Result {
        var result = Result(answers: [])
        for job in jobs {
            let one = await run([job])
            result.answers += one.answers
            result.seats += one.seats
            result.eventCount += one.eventCount
            if one.mayHaveChangedMore { result.mayHaveChangedMore = true }
        }
        return result
    }

    private func failed(_ jobs: [Job], _ fault: Fault, wasUnknown: Bool) -> Result {
        Result(answers: jobs.map { _ in .failed(fault) }, mayHaveChangedMore: wasUnknown)
    }
}

extension BatchRunner.Job {
    /// Answers from the idempotency record, or decides and applies. A refusal changes nothing and leaves no record.
    fileprivate func decide(on rows: inout Rows, ids: inout IDSource, now: Timestamp) -> Answer {
        let record = idempotency.flatMap { rows.answers[$0.scope] }
        if let idempotency, let first = record?.answer(to: idempotency, at: now) { return first }
        do throws(Refusal) {
            let decision = try command.decide(on: rows, ids: &ids, now: now)
            let encoded = encode(decision.outcome)
            rows.apply(decision)
            if let idempotency {
                rows.remember(
                    StoredAnswer(
                        scope: idempotency.scope, requestHash: idempotency.requestHash, status: encoded.status,
                        body: encoded.body, createdAt: now),
                    replacesOutdated: record != nil)
            }
            return .done(encoded, isReplay: false)
        } catch {
            return .refused(error)
        }
    }
}
