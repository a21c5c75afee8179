public import Domain
public import Ports

/// A request's idempotency key, as the engine sees it.
public struct Idempotency: Hashable, Sendable {
    /// SHA-256 of user, route and key.
    public let scope: Digest
    /// SHA-256 of the body.
    public let requestHash: Digest

    public init(scope: Digest, requestHash: Digest) {
        self.scope = scope
        self.requestHash = requestHash
    }
}

/// An answer as it goes to the client: it is stored with the effect and given again byte for byte.
public struct EncodedAnswer: Hashable, Sendable {
    /// The HTTP status.
    public let status: Int
    public let body: [UInt8]

    public init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }
}

/// What a caller wants decided.
public struct Submission: Sendable {
    public enum Work: Sendable {
        case command(Command)
        /// Becomes a hold on seats that the map proposes at the moment its batch is formed.
        case bestAvailable(BestAvailable)
    }

    public let work: Work
    public let idempotency: Idempotency?
    /// Writes the answer for the client. Called inside the batch, so that the answer commits with the effect.
    public let encode: @Sendable (Outcome) -> EncodedAnswer

    public init(
        _ work: Work, idempotency: Idempotency?, encode: @Sendable @escaping (Outcome) -> EncodedAnswer
    ) {
        self.work = work
        self.idempotency = idempotency
        self.encode = encode
    }

    /// Whose wallet or seats it is about, when that is one fan known beforehand.
    var fan: UserID? {
        switch work {
        case .command(let command): command.fan
        case .bestAvailable(let wish): wish.userID
        }
    }

    /// A command of the program's own, whose outcome nobody reads.
    init(internal command: Command) {
        self.init(.command(command), idempotency: nil) { _ in EncodedAnswer(status: 204, body: []) }
    }
}

/// Adjacent seats of a grade, the best that are left.
public struct BestAvailable: Sendable {
    public let userID: UserID
    public let dateID: DateID
    public let grade: String
    /// 1 or more.
    public let count: Int
    public let holdSeconds: Int

    public init(userID: UserID, dateID: DateID, grade: String, count: Int, holdSeconds: Int) {
        self.userID = userID
        self.dateID = dateID
        self.grade = grade
        self.count = count
        self.holdSeconds = holdSeconds
    }
}

/// What a caller is told, after the commit.
public enum Answer: Sendable {
    /// It is done, and durable. `isReplay`: it was done before, and this is the first answer again.
    case done(EncodedAnswer, isReplay: Bool)
    case refused(Refusal)
    /// Nobody knows, or nothing happened: the caller may send the same request again.
    case failed(Fault)
    /// The queue is full.
    case overloaded
}
