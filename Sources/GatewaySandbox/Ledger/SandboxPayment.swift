internal import Domain

/// A payment as the sandbox has it.
struct SandboxPayment: Hashable {
    /// Toss' words, as far as a card's payment meets them.
    enum Status: String {
        /// The fan has agreed on the page; nobody has captured yet.
        case inProgress = "IN_PROGRESS"
        case done = "DONE"
        case partlyCancelled = "PARTIAL_CANCELED"
        case cancelled = "CANCELED"
        case aborted = "ABORTED"
        case expired = "EXPIRED"
    }

    struct Cancel: Hashable {
        let transactionKey: String
        let amount: Int64
        let reason: String
        let at: Timestamp
    }

    let paymentKey: String
    let orderID: String
    let orderName: String
    let amount: Int64
    let card: TestCard
    /// The last four digits. The sandbox forgets the others, in case somebody types a card of theirs.
    let lastDigits: String
    let requestedAt: Timestamp
    var status = Status.inProgress
    var approvedAt: Timestamp?
    var captureKey: String?
    /// How often money was taken: more than once is what must never be.
    var captureCount = 0
    var failure: SandboxError?
    var cancels: [Cancel] = []

    /// A capture must come within ten minutes, as with Toss.
    static let openMs: Int64 = 10 * 60 * 1000

    var isCaptured: Bool { captureCount > 0 }
    var refunded: Int64 { cancels.reduce(0) { $0 + $1.amount } }
    var balance: Int64 { amount - refunded }

    func isOverdue(at now: Timestamp) -> Bool {
        status == .inProgress && now.milliseconds(since: requestedAt) >= Self.openMs
    }

    /// The payment as it was after its first `count` cancellations: what their callers were answered.
    func asOf(cancelCount count: Int) -> SandboxPayment {
        var earlier = self
        earlier.cancels = Array(cancels.prefix(count))
        earlier.status = earlier.cancels.isEmpty ? .done : earlier.balance == 0 ? .cancelled : .partlyCancelled
        return earlier
    }
}
