public import Domain

/// Carries one message to one endpoint, signed, and says what came of it.
///
/// It never follows a redirect, and connects to no address that it was not allowed to, whatever a name resolves to.
public protocol WebhookTransport: Sendable {
    /// Takes 10 seconds at most. What goes wrong is part of the answer: to the caller, nothing does.
    func send(_ message: WebhookMessage) async -> WebhookAnswer
    /// Ends all connections. Calls after this one fail.
    func close() async
}

/// What is sent, after Standard Webhooks.
public struct WebhookMessage: Hashable, Sendable {
    public let url: WebhookURL
    /// The same each time that it is sent: by it a receiver knows what it has seen.
    public let id: EventID
    public let at: Timestamp
    public let payload: [UInt8]
    /// Each signs, the newest first.
    public let secrets: [[UInt8]]
    /// How often it failed before: a host with several addresses is tried at another one.
    public let failureCount: Int

    public init(
        url: WebhookURL, id: EventID, at: Timestamp, payload: [UInt8], secrets: [[UInt8]], failureCount: Int
    ) {
        self.url = url
        self.id = id
        self.at = at
        self.payload = payload
        self.secrets = secrets
        self.failureCount = failureCount
    }
}

public struct WebhookAnswer: Hashable, Sendable {
    public let durationMs: Int
    /// Nil when there was no answer.
    public let statusCode: Int?
    /// Why there was none.
    public let error: String?
    /// The first bytes of its body: `WebhookAttempt.answerBytesMax`.
    public let body: [UInt8]

    public init(durationMs: Int, statusCode: Int?, error: String?, body: [UInt8]) {
        self.durationMs = durationMs
        self.statusCode = statusCode
        self.error = error
        self.body = body
    }
}
