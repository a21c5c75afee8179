/// How the sandbox serves and misbehaves.
public struct SandboxSettings: Sendable {
    /// The key of a sandbox that nobody gave one: another one each time, so that nobody else on the network has it.
    public static func randomSecretKey() -> String {
        var random = SystemRandomNumberGenerator()
        let digits = (0..<2).map { _ in
            let digits = String(random.next() as UInt64, radix: 36)
            return String(repeating: "0", count: 13 - digits.count) + digits
        }
        return "test_sk_" + digits.joined()
    }

    public var host: String
    /// 0 takes a free one.
    public var port: Int
    /// What the API's callers prove themselves with.
    public var secretKey: String
    /// The journal of the ledger. Nil keeps it in memory only.
    public var ledgerPath: String?
    public var faults: SandboxFaults
    /// Who is told of changes. Nil tells nobody.
    public var webhookURL: String?
    /// The pause before a webhook that was not taken is sent again; see ``WebhookSender``.
    public var webhookRetryMs: Int64
    /// Payments that the ledger holds. Further ones are refused.
    public var paymentCountMax: Int
    public var connectionCountMax: Int

    public init(
        host: String = "127.0.0.1", port: Int = 0, secretKey: String = randomSecretKey(),
        ledgerPath: String? = nil,
        faults: SandboxFaults = SandboxFaults(), webhookURL: String? = nil, webhookRetryMs: Int64 = 1_000,
        paymentCountMax: Int = 200_000, connectionCountMax: Int = 2_000
    ) {
        precondition(webhookRetryMs > 0 && paymentCountMax > 0 && connectionCountMax > 0, "a sandbox without room")
        self.host = host
        self.port = port
        self.secretKey = secretKey
        self.ledgerPath = ledgerPath
        self.faults = faults
        self.webhookURL = webhookURL
        self.webhookRetryMs = webhookRetryMs
        self.paymentCountMax = paymentCountMax
        self.connectionCountMax = connectionCountMax
    }
}
