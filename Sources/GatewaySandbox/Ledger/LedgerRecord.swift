#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// One change of the ledger: a line of its journal. What a kind does not need is nil.
struct LedgerRecord: Codable {
    enum Kind: String, Codable {
        case opened, confirmed, declined, cancelled, expired
    }

    var kind: Kind
    var paymentKey: String
    /// Milliseconds since 1970 UTC.
    var at: Int64

    // opened
    var orderID: String?
    var orderName: String?
    var amount: Int64?
    var card: TestCard?
    var lastDigits: String?

    // confirmed, cancelled
    var transactionKey: String?
    // declined
    var code: SandboxError?
    // cancelled
    var cancelAmount: Int64?
    var cancelReason: String?
    // confirmed, declined, cancelled
    var idempotencyKey: String?

    init(_ kind: Kind, _ paymentKey: String, at: Int64) {
        self.kind = kind
        self.paymentKey = paymentKey
        self.at = at
    }

    /// Without the line's end.
    init?(line: some Sequence<UInt8>) {
        guard let record = try? JSONDecoder().decode(Self.self, from: Data(line)) else { return nil }
        self = record
    }

    /// With the line's end.
    var line: [UInt8] {
        guard let data = try? JSONEncoder().encode(self) else {
            preconditionFailure("text and integers can always be written as JSON")
        }
        return [UInt8](data) + [UInt8(ascii: "\n")]
    }
}
