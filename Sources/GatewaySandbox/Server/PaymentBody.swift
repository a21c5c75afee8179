internal import Domain

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Toss' payment, as the API and webhooks carry it: the fields that a card's payment has.
struct PaymentBody: Encodable {
    struct Card: Encodable {
        let amount: Int64
        let number: String
        let installmentPlanMonths = 0
        let isInterestFree = false
        let cardType = "신용"
        let ownerType = "개인"
        let acquireStatus = "READY"
    }

    struct Cancel: Encodable {
        let transactionKey: String
        let cancelAmount: Int64
        let cancelReason: String
        let canceledAt: String
        let refundableAmount: Int64
        let cancelStatus = "DONE"
    }

    struct Failure: Encodable {
        let code: String
        let message: String
    }

    let mId = "sandbox"
    let version = "2022-11-16"
    let type = "NORMAL"
    let paymentKey: String
    let orderId: String
    let orderName: String
    let currency = "KRW"
    let country = "KR"
    let method = "카드"
    let status: String
    let requestedAt: String
    let approvedAt: String?
    let lastTransactionKey: String?
    let totalAmount: Int64
    let balanceAmount: Int64
    let suppliedAmount: Int64
    let vat: Int64
    let taxFreeAmount = 0
    let isPartialCancelable = true
    let useEscrow = false
    let card: Card
    let cancels: [Cancel]?
    let failure: Failure?

    init(_ payment: SandboxPayment) {
        paymentKey = payment.paymentKey
        orderId = payment.orderID
        orderName = payment.orderName
        status = payment.status.rawValue
        requestedAt = seoulTime(payment.requestedAt)
        approvedAt = payment.approvedAt.map(seoulTime)
        lastTransactionKey = payment.cancels.last?.transactionKey ?? payment.captureKey
        totalAmount = payment.amount
        balanceAmount = payment.balance
        vat = payment.balance / 11
        suppliedAmount = payment.balance - payment.balance / 11
        card = Card(amount: payment.amount, number: "************" + payment.lastDigits)
        var left = payment.amount
        let cancels = payment.cancels.map { cancel in
            left -= cancel.amount
            return Cancel(
                transactionKey: cancel.transactionKey, cancelAmount: cancel.amount, cancelReason: cancel.reason,
                canceledAt: seoulTime(cancel.at), refundableAmount: left)
        }
        self.cancels = cancels.isEmpty ? nil : cancels
        failure = payment.failure.map { Failure(code: $0.rawValue, message: $0.message) }
    }
}

/// Toss' transaction.
struct TransactionBody: Encodable {
    let mId = "sandbox"
    let transactionKey: String
    let paymentKey: String
    let orderId: String
    let currency = "KRW"
    let method = "카드"
    let useEscrow = false
    let amount: Int64
    let status: String
    let transactionAt: String

    init(_ line: Ledger.Line, _ payment: SandboxPayment) {
        transactionKey = line.transactionKey
        paymentKey = payment.paymentKey
        orderId = payment.orderID
        transactionAt = seoulTime(line.at)
        if let cancel = line.cancel {
            amount = -payment.cancels[cancel].amount
            status = payment.asOf(cancelCount: cancel + 1).status.rawValue
        } else {
            amount = payment.amount
            status = SandboxPayment.Status.done.rawValue
        }
    }
}

struct ErrorBody: Encodable {
    let code: String
    let message: String

    init(_ error: SandboxError) {
        code = error.rawValue
        message = error.message
    }
}

/// `PAYMENT_STATUS_CHANGED`, as Toss sends it.
struct WebhookBody: Encodable {
    let eventType = "PAYMENT_STATUS_CHANGED"
    let createdAt: String
    let data: PaymentBody

    init(_ payment: SandboxPayment, at now: Timestamp) {
        createdAt = String(now.adding(seconds: 9 * 3600).description.dropLast()) + "000"
        data = PaymentBody(payment)
    }
}

/// A line of `/sandbox/ledger`, for programs that compare ledgers.
struct LedgerEntryBody: Encodable {
    let paymentKey: String
    let orderId: String
    let status: String
    let amount: Int64
    let captured: Int64
    let refunded: Int64
    let captureCount: Int
    let refundCount: Int

    init(_ payment: SandboxPayment) {
        paymentKey = payment.paymentKey
        orderId = payment.orderID
        status = payment.status.rawValue
        amount = payment.amount
        captured = payment.isCaptured ? payment.amount : 0
        refunded = payment.refunded
        captureCount = payment.captureCount
        refundCount = payment.cancels.count
    }
}

struct LedgerBody: Encodable {
    let payments: [LedgerEntryBody]
    let totals: Bank.Totals
    /// Where the next page begins. Nil on the last.
    let next: Int?
}

struct FaultsBody: Encodable {
    let faults: String
}

/// Whole seconds in Seoul, as Toss writes time.
private func seoulTime(_ moment: Timestamp) -> String {
    moment.adding(seconds: 9 * 3600).description.prefix(19) + "+09:00"
}

func encoded(_ body: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    // Sorted, so that the same answer is the same bytes.
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(body) else {
        preconditionFailure("text and integers can always be written as JSON")
    }
    return [UInt8](data)
}

func decoded<Body: Decodable>(_ type: Body.Type, _ bytes: some Sequence<UInt8>) -> Body? {
    try? JSONDecoder().decode(type, from: Data(bytes))
}

/// Whether an `Authorization` header carries the key as its user, with no password.
func isAuthorized(_ header: String?, secretKey: String) -> Bool {
    guard let header, header.lowercased().hasPrefix("basic "),
        let bytes = Data(base64Encoded: String(header.dropFirst(6)))
    else { return false }
    return [UInt8](bytes) == [UInt8]("\(secretKey):".utf8)
}
