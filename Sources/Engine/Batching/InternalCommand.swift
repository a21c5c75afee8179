internal import Domain
internal import Ports
internal import Synchronization

/// Why a command of the program's own came to nothing.
enum CommandFailure: Error {
    case refused(Refusal)
    case failed(Fault)
    case overloaded

    var answer: Answer {
        switch self {
        case .refused(let refusal): .refused(refusal)
        case .failed(let fault): .failed(fault)
        case .overloaded: .overloaded
        }
    }

    /// Throws what may go better another time. A refusal is an answer, and asking again gives the same.
    func orFault() throws(Fault) {
        switch self {
        case .refused: return
        case .failed(let fault): throw fault
        case .overloaded: throw Fault(.unavailable, attempt: "commit a payment", reason: "the engine is overloaded")
        }
    }
}

extension Engine {
    /// Has a command of the program's own decided and committed. It has no idempotency record, so its own rule must
    /// bear its being run twice.
    func outcome(of command: Command) async -> Result<Outcome, CommandFailure> {
        // The batch may be run again: the last time counts.
        let last = Mutex<Outcome>(.unchanged)
        let answer = await submit(
            Submission(.command(command), idempotency: nil) { outcome in
                last.withLock { $0 = outcome }
                return EncodedAnswer(status: 204, body: [])
            })
        switch answer {
        case .done: return .success(last.withLock { $0 })
        case .refused(let refusal): return .failure(.refused(refusal))
        case .failed(let fault): return .failure(.failed(fault))
        case .overloaded: return .failure(.overloaded)
        }
    }
}
