internal import Ports
internal import Synchronization

/// Puts questions of many callers together into one call for each key.
///
/// No timer: the first question goes at once, and what comes while it is under way goes together as the next call. So
/// calls are small when it is quiet and large under load.
final class Gatherer<Key: Hashable & Sendable, Question: Sendable, Answer: Sendable>: Sendable {
    typealias Completion = @Sendable (Result<Answer, Fault>) -> Void
    typealias Perform =
        @Sendable (Key, [Question], _ completion: @escaping @Sendable (Result<[Answer], Fault>) -> Void) -> Void

    private enum Way {
        case now, later, never
    }

    private struct Waiting {
        var questions: [Question] = []
        var completions: [Completion] = []
    }

    private let batchMax: Int
    private let waitingMax: Int
    private let perform: Perform
    /// The keys that have a call under way, and what waits for the next.
    private let underWay = Mutex<[Key: Waiting]>([:])

    /// - Parameters:
    ///   - batchMax: Questions of one call.
    ///   - waitingMax: Questions of one key that wait. Past it callers are turned away.
    ///   - perform: Makes the call, and tells as many answers as there were questions, in their order.
    init(batchMax: Int, waitingMax: Int, perform: @escaping Perform) {
        self.batchMax = batchMax
        self.waitingMax = waitingMax
        self.perform = perform
    }

    func ask(_ question: Question, of key: Key) async throws(Fault) -> Answer {
        try await withCheckedContinuation { continuation in
            ask(question, of: key) { continuation.resume(returning: $0) }
        }.get()
    }

    func ask(_ question: Question, of key: Key, _ completion: @escaping Completion) {
        let way = underWay.withLock { underWay -> Way in
            guard let waiting = underWay[key] else {
                underWay[key] = Waiting()
                return .now
            }
            guard waiting.questions.count < waitingMax else { return .never }
            underWay[key]?.questions.append(question)
            underWay[key]?.completions.append(completion)
            return .later
        }
        switch way {
        case .now: go(key, Waiting(questions: [question], completions: [completion]))
        case .later: break
        case .never:
            completion(.failure(Fault(.unavailable, attempt: "wait for Redis", reason: "\(waitingMax) calls wait")))
        }
    }

    private func go(_ key: Key, _ batch: Waiting) {
        perform(key, batch.questions) { result in
            switch result {
            case .success(let answers):
                precondition(answers.count == batch.completions.count, "an answer for each question")
                // The next call is on its way before the answers are looked at.
                let next = self.next(key)
                if let next { self.go(key, next) }
                for (completion, answer) in zip(batch.completions, answers) { completion(.success(answer)) }
            case .failure(let fault):
                // Those who waited as well: their time is as good as over.
                let waiting = self.underWay.withLock { $0.removeValue(forKey: key) }
                for completion in batch.completions + (waiting?.completions ?? []) { completion(.failure(fault)) }
            }
        }
    }

    private func next(_ key: Key) -> Waiting? {
        underWay.withLock { underWay in
            guard let waiting = underWay[key], !waiting.questions.isEmpty else {
                underWay[key] = nil
                return nil
            }
            guard waiting.questions.count > batchMax else {
                underWay[key] = Waiting()
                return waiting
            }
            underWay[key] = Waiting(
                questions: Array(waiting.questions.dropFirst(batchMax)),
                completions: Array(waiting.completions.dropFirst(batchMax)))
            return Waiting(
                questions: Array(waiting.questions.prefix(batchMax)),
                completions: Array(waiting.completions.prefix(batchMax)))
        }
    }
}
