internal import Domain
internal import Ports

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Toss' payment, as much of it as we use.
struct TossPayment: Decodable {
    struct Cancel: Decodable {
        let cancelAmount: Int64
        let cancelReason: String?
        let transactionKey: String?
    }

    struct Failure: Decodable {
        let code: String
    }

    let paymentKey: String
    let orderId: String
    let status: String
    let totalAmount: Int64
    let balanceAmount: Int64
    let approvedAt: String?
    let cancels: [Cancel]?
    let failure: Failure?

    init?(_ bytes: [UInt8]) {
        guard let payment = try? JSONDecoder().decode(Self.self, from: Data(bytes)),
            payment.totalAmount >= 0, payment.totalAmount <= Won.max.amount,
            (0...payment.totalAmount).contains(payment.balanceAmount)
        else { return nil }
        self = payment
    }

    var orderID: PaymentID? { PaymentID(orderId) }

    /// The port's view. Nil for a status that Toss does not document: what it means is not guessed.
    var payment: GatewayPayment? {
        let view: GatewayPayment.Status
        switch status {
        case "READY", "IN_PROGRESS", "WAITING_FOR_DEPOSIT": view = .open
        case "DONE", "PARTIAL_CANCELED": view = .captured
        // Cancelled before it was approved, nothing was ever captured.
        case "CANCELED": view = approvedAt == nil ? .over(code: status) : .captured
        case "ABORTED", "EXPIRED": view = .over(code: failure.map { TossError.plain($0.code) } ?? status)
        default: return nil
        }
        return GatewayPayment(
            paymentKey: paymentKey, orderID: orderID, status: view, amount: Won(totalAmount),
            refunded: view == .captured ? Won(totalAmount - balanceAmount) : .zero)
    }

    /// Whether money was given back under this mark; see ``TossGateway/refund(_:)``.
    func hasCancel(marked mark: String) -> Bool {
        cancels?.contains { $0.cancelReason?.hasSuffix(mark) ?? false } ?? false
    }
}

/// A line of Toss' ledger.
struct TossTransaction: Decodable {
    let transactionKey: String
    let paymentKey: String
    let orderId: String
    let status: String
    let transactionAt: String
    let amount: Int64

    static func list(_ bytes: [UInt8]) -> [TossTransaction]? {
        try? JSONDecoder().decode([TossTransaction].self, from: Data(bytes))
    }

    /// When it happened, to the second as Toss tells it.
    var at: Timestamp? { Timestamp(transactionAt) }

    /// Nil for a line that moves no money, such as a virtual account that waits for a deposit.
    var transaction: GatewayTransaction? {
        guard let at, amount.magnitude <= UInt64(Won.max.amount) else { return nil }
        let moved: Int64
        switch status {
        case "DONE": moved = abs(amount)
        // Toss writes what was given back without a sign in some versions and with one in others.
        case "CANCELED", "PARTIAL_CANCELED": moved = -abs(amount)
        default: return nil
        }
        return GatewayTransaction(
            id: transactionKey, paymentKey: paymentKey, orderID: PaymentID(orderId), amount: moved, at: at)
    }
}

/// Why Toss refuses.
struct TossError: Decodable {
    let code: String

    /// - Returns: "UNREADABLE" for a body that is none of Toss'.
    static func code(_ bytes: [UInt8]) -> String {
        (try? JSONDecoder().decode(Self.self, from: Data(bytes))).map { plain($0.code) } ?? "UNREADABLE"
    }

    /// What goes into logs and to staff is one of Toss' codes, and not whatever a stranger in between wrote.
    static func plain(_ code: String) -> String {
        let isPlain =
            (1...80).contains(code.utf8.count)
            && code.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
        return isPlain ? code : "UNREADABLE"
    }
}

struct ConfirmBody: Encodable {
    let paymentKey: String
    let orderId: String
    let amount: Int64
}

struct CancelBody: Encodable {
    let cancelReason: String
    let cancelAmount: Int64
}

/// The bytes of a body of ours.
func encoded(_ body: some Encodable) -> [UInt8] {
    guard let data = try? JSONEncoder().encode(body) else {
        preconditionFailure("text and integers can always be written as JSON")
    }
    return [UInt8](data)
}

/// The header by which Toss knows us: the secret key is the user, and there is no password.
func basicAuthorization(user: String) -> String {
    "Basic " + Data("\(user):".utf8).base64EncodedString()
}
