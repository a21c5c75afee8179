/// What Toss' answer to a confirmation means, when it is not a payment.
enum CaptureVerdict: Hashable {
    /// The card will not pay.
    case declined
    /// The key is not this order's, or not for this amount.
    case wrongKey
    /// The payment itself says what happened: it is read.
    case readBack
    /// Nobody knows: it may have been captured, or may be when it is asked again.
    case unknown
    /// Our keys or our requests are wrong. The fan's card is not to blame, so it is unknown until we mend it.
    case ourMistake

    /// - Parameter status: 400 to 599.
    init(status: Int, code: String) {
        // Whatever a failing gateway says, it may have captured before it failed.
        guard status < 500 else {
            self = .unknown
            return
        }
        // What the documents do not list is read back, whatever the status.
        self = Self.documented[code] ?? .readBack
    }

    /// Every code that Toss documents for `POST /v1/payments/confirm` and for requests as such.
    static let documented: [String: CaptureVerdict] = {
        let sorted: [(CaptureVerdict, [String])] = [
            (
                .declined,
                [
                    "BELOW_MINIMUM_AMOUNT", "CARD_PROCESSING_ERROR", "EXCEED_MAX_AMOUNT", "EXCEED_MAX_AUTH_COUNT",
                    "EXCEED_MAX_CARD_INSTALLMENT_PLAN", "EXCEED_MAX_CARD_PAYMENT", "EXCEED_MAX_DAILY_PAYMENT_COUNT",
                    "EXCEED_MAX_MONTHLY_PAYMENT_AMOUNT", "EXCEED_MAX_ONE_DAY_AMOUNT",
                    "EXCEED_MAX_ONE_DAY_WITHDRAW_AMOUNT", "EXCEED_MAX_ONE_TIME_WITHDRAW_AMOUNT",
                    "EXCEED_MAX_PAYMENT_AMOUNT", "FDS_ERROR", "INVALID_ACCOUNT_INFO_RE_REGISTER",
                    "INVALID_CARD_EXPIRATION", "INVALID_CARD_INSTALLMENT_PLAN", "INVALID_CARD_LOST_OR_STOLEN",
                    "INVALID_CARD_NUMBER", "INVALID_PASSWORD", "INVALID_REJECT_CARD", "INVALID_STOPPED_CARD",
                    "NOT_ALLOWED_POINT_USE", "NOT_AVAILABLE_BANK", "NOT_AVAILABLE_PAYMENT",
                    "NOT_SUPPORTED_CARD_TYPE", "NOT_SUPPORTED_INSTALLMENT_PLAN_CARD_OR_MERCHANT",
                    "NOT_SUPPORTED_MONTHLY_INSTALLMENT_PLAN", "REJECT_ACCOUNT_PAYMENT", "REJECT_CARD_COMPANY",
                    "REJECT_CARD_PAYMENT", "REJECT_TOSSPAY_INVALID_ACCOUNT", "RESTRICTED_TRANSFER_ACCOUNT",
                ]
            ),
            (.wrongKey, ["NOT_FOUND_PAYMENT"]),
            (
                .readBack,
                [
                    "ALREADY_COMPLETED_PAYMENT", "ALREADY_PROCESSED_PAYMENT", "ALREADY_PROCESSING_REQUEST",
                    "DUPLICATED_ORDER_ID", "FORBIDDEN_REQUEST", "INVALID_ORDER_ID", "INVALID_PAYMENT_KEY",
                    "INVALID_REQUEST", "NOT_FOUND_PAYMENT_SESSION", "UNAPPROVED_ORDER_ID",
                ]
            ),
            (
                .unknown,
                [
                    "COMMON_ERROR", "FAILED_INTERNAL_SYSTEM_PROCESSING", "FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING",
                    "FORBIDDEN_CONSECUTIVE_REQUEST", "IDEMPOTENT_REQUEST_PROCESSING", "PROVIDER_ERROR",
                    "TOO_MANY_REQUESTS", "UNKNOWN_PAYMENT_ERROR",
                ]
            ),
            (
                .ourMistake,
                [
                    "INCORRECT_BASIC_AUTH_FORMAT", "INVALID_API_KEY", "INVALID_AUTHORIZE_AUTH",
                    "INVALID_IDEMPOTENCY_KEY", "INVALID_UNREGISTERED_SUBMALL", "NOT_FOUND_TERMINAL_ID",
                    "NOT_REGISTERED_BUSINESS", "UNAUTHORIZED_KEY",
                ]
            ),
        ]
        return table(sorted)
    }()
}

/// A look-up of what each code means, from the codes by meaning. No code has two.
func table<Verdict>(_ sorted: [(Verdict, [String])]) -> [String: Verdict] {
    var verdicts: [String: Verdict] = [:]
    for (verdict, codes) in sorted {
        for code in codes {
            let isNew = verdicts.updateValue(verdict, forKey: code) == nil
            precondition(isNew, "\(code) has two meanings")
        }
    }
    return verdicts
}
