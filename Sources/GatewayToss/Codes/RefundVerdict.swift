/// What Toss' answer to a cancellation means, when it is not a payment.
enum RefundVerdict: Hashable {
    /// It will not be done, unless it is done already: the payment's cancellations say so.
    case refused
    /// The payment's cancellations say whether it is done; if not, nobody knows.
    case readBack
    /// To be asked again.
    case unknown
    /// Our keys or our requests are wrong: unknown until we mend it.
    case ourMistake

    /// - Parameter status: 400 to 599.
    init(status: Int, code: String) {
        guard status < 500 else {
            self = .unknown
            return
        }
        self = Self.documented[code] ?? .readBack
    }

    /// Every code that Toss documents for `POST /v1/payments/{paymentKey}/cancel` and for requests as such.
    static let documented: [String: RefundVerdict] = table([
        (
            .refused,
            [
                "ALREADY_CANCELED_PAYMENT", "ALREADY_REFUND_PAYMENT", "EXCEED_CANCEL_AMOUNT_DISCOUNT_AMOUNT",
                "EXCEED_MAX_REFUND_DUE", "FORBIDDEN_BANK_REFUND_REQUEST", "INVALID_BANK",
                "INVALID_REFUND_ACCOUNT_INFO", "INVALID_REFUND_ACCOUNT_NUMBER", "NOT_ALLOWED_PARTIAL_REFUND",
                "NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT", "NOT_CANCELABLE_AMOUNT", "NOT_CANCELABLE_PAYMENT",
                "NOT_CANCELABLE_PAYMENT_FOR_DORMANT_USER", "NOT_FOUND_PAYMENT", "NOT_MATCHES_REFUNDABLE_AMOUNT",
                "REFUND_REJECTED",
            ]
        ),
        (
            .unknown,
            [
                "COMMON_ERROR", "FAILED_INTERNAL_SYSTEM_PROCESSING", "FAILED_METHOD_HANDLING_CANCEL",
                "FAILED_PARTIAL_REFUND", "FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING", "FAILED_REFUND_PROCESS",
                "FORBIDDEN_CONSECUTIVE_REQUEST", "IDEMPOTENT_REQUEST_PROCESSING", "NOT_AVAILABLE_BANK",
                "PROVIDER_ERROR", "TOO_MANY_REQUESTS",
            ]
        ),
        (
            .ourMistake,
            [
                "FORBIDDEN_REQUEST", "INCORRECT_BASIC_AUTH_FORMAT", "INVALID_API_KEY", "INVALID_AUTHORIZE_AUTH",
                "INVALID_IDEMPOTENCY_KEY", "INVALID_REQUEST", "UNAUTHORIZED_KEY",
            ]
        ),
    ])
}
