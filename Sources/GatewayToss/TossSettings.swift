/// How Toss Payments, or a stand-in that speaks its API, is reached.
public struct TossSettings: Sendable {
    /// Toss Payments' own API.
    public static let tossURL = "https://api.tosspayments.com"

    /// Without a slash at its end, and without a user name.
    public var baseURL: String
    /// Proves that it is us. It is sent to `baseURL` only, and printed nowhere.
    public var secretKey: String
    public var checkout: TossCheckout
    /// A try that has no whole answer by then is given up.
    public var tryTimeoutMs: Int64
    /// All tries of one call together, with the pauses between them. Card companies may take half a minute.
    public var timeoutMs: Int64
    public var tryCountMax: Int
    /// The pause before the second try, on average; before each further one it is twice as long.
    public var retryPauseMs: Int64
    /// So many tries in a row without a proper answer, and none is sent for a while.
    public var failureCountMax: Int
    /// For how long none is sent. Then one goes to see whether the gateway is back.
    public var breakMs: Int64

    public init(
        baseURL: String = tossURL, secretKey: String, checkout: TossCheckout, tryTimeoutMs: Int64 = 15_000,
        timeoutMs: Int64 = 30_000, tryCountMax: Int = 4, retryPauseMs: Int64 = 200, failureCountMax: Int = 10,
        breakMs: Int64 = 5_000
    ) {
        precondition(tryTimeoutMs > 0 && timeoutMs > 0 && tryCountMax > 0 && retryPauseMs > 0, "no time for a call")
        precondition(failureCountMax > 0 && breakMs > 0, "a breaker that breaks nothing")
        self.baseURL = baseURL
        self.secretKey = secretKey
        self.checkout = checkout
        self.tryTimeoutMs = tryTimeoutMs
        self.timeoutMs = timeoutMs
        self.tryCountMax = tryCountMax
        self.retryPauseMs = retryPauseMs
        self.failureCountMax = failureCountMax
        self.breakMs = breakMs
    }
}

extension TossSettings: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "Toss Payments' API at \(baseURL)" }
    public var debugDescription: String { description }
    /// Without it, printing something that holds these settings would print the secret key.
    public var customMirror: Mirror { Mirror(self, children: ["baseURL": baseURL]) }
}
