internal import Domain
internal import NIOHTTP1
internal import Ports

/// One call of Toss' API. Every one may be made again: reading changes nothing, and what changes something carries a
/// key by which Toss knows it.
struct TossCall {
    enum Kind: String, CaseIterable {
        case confirm, cancel, payment, transactions
    }

    let kind: Kind
    let method: HTTPMethod
    /// From `/v1` on, with its query.
    let path: String
    var body: [UInt8] = []
    /// Up to 300 characters.
    var idempotencyKey: String?
    var answerByteCountMax = 256 * 1024
}

extension TossCall {
    /// The idempotency key holds all that is asked for: somebody who sends this payment key with an order of their own
    /// must not get the answer stored that its owner then receives.
    static func confirm(_ order: CaptureOrder) -> TossCall {
        TossCall(
            kind: .confirm, method: .POST, path: "/v1/payments/confirm",
            body: encoded(
                ConfirmBody(
                    paymentKey: order.paymentKey, orderId: order.orderID.description, amount: order.amount.amount)),
            idempotencyKey: "confirm-\(order.orderID)-\(order.amount.amount)-\(order.paymentKey)")
    }

    static func cancel(_ order: RefundOrder, reason: String) -> TossCall {
        TossCall(
            kind: .cancel, method: .POST, path: "/v1/payments/\(percentEncoded(order.paymentKey))/cancel",
            body: encoded(CancelBody(cancelReason: reason, cancelAmount: order.amount.amount)),
            idempotencyKey: "cancel-\(order.id)")
    }

    static func payment(key: String) -> TossCall {
        TossCall(kind: .payment, method: .GET, path: "/v1/payments/\(percentEncoded(key))")
    }

    static func payment(orderID: PaymentID) -> TossCall {
        TossCall(kind: .payment, method: .GET, path: "/v1/payments/orders/\(orderID)")
    }

    /// - Parameters:
    ///   - from: Without what is beyond whole seconds, which Toss' ledger does not have.
    ///   - until: The same; the seconds that it begins are asked for as well.
    static func transactions(from: Timestamp, until: Timestamp, after: String?, limit: Int) -> TossCall {
        var path = "/v1/transactions?startDate=\(seoulTime(from))&endDate=\(seoulTime(until.adding(milliseconds: 999)))"
        path += "&limit=\(limit)"
        if let after { path += "&startingAfter=\(percentEncoded(after))" }
        return TossCall(
            kind: .transactions, method: .GET, path: path, answerByteCountMax: 16 * 1024 + limit * 2 * 1024)
    }
}

/// `2026-11-25T12:00:00` in Seoul, whose time Toss means where it names no zone. Seoul has no summer time.
private func seoulTime(_ moment: Timestamp) -> String {
    String(moment.adding(seconds: 9 * 3600).description.prefix(19))
}
