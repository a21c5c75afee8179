import Testing

@testable import GatewaySandbox
@testable import GatewayToss

/// What Toss documents for a confirmation, written down again from its pages: a code that is sorted wrongly costs a
/// fan a seat or us money, so each is named twice.
private let confirmation: [(CaptureVerdict, Set<String>)] = [
    (
        .declined,
        [
            "REJECT_ACCOUNT_PAYMENT", "REJECT_CARD_PAYMENT", "REJECT_CARD_COMPANY", "REJECT_TOSSPAY_INVALID_ACCOUNT",
            "INVALID_REJECT_CARD", "INVALID_CARD_EXPIRATION", "INVALID_STOPPED_CARD", "INVALID_CARD_LOST_OR_STOLEN",
            "INVALID_CARD_NUMBER", "INVALID_CARD_INSTALLMENT_PLAN", "INVALID_PASSWORD",
            "INVALID_ACCOUNT_INFO_RE_REGISTER", "RESTRICTED_TRANSFER_ACCOUNT", "CARD_PROCESSING_ERROR",
            "BELOW_MINIMUM_AMOUNT", "EXCEED_MAX_AMOUNT", "EXCEED_MAX_AUTH_COUNT", "EXCEED_MAX_CARD_INSTALLMENT_PLAN",
            "EXCEED_MAX_CARD_PAYMENT", "EXCEED_MAX_DAILY_PAYMENT_COUNT", "EXCEED_MAX_MONTHLY_PAYMENT_AMOUNT",
            "EXCEED_MAX_ONE_DAY_AMOUNT", "EXCEED_MAX_ONE_DAY_WITHDRAW_AMOUNT",
            "EXCEED_MAX_ONE_TIME_WITHDRAW_AMOUNT", "EXCEED_MAX_PAYMENT_AMOUNT", "FDS_ERROR", "NOT_ALLOWED_POINT_USE",
            "NOT_AVAILABLE_BANK", "NOT_AVAILABLE_PAYMENT", "NOT_SUPPORTED_CARD_TYPE",
            "NOT_SUPPORTED_INSTALLMENT_PLAN_CARD_OR_MERCHANT", "NOT_SUPPORTED_MONTHLY_INSTALLMENT_PLAN",
        ]
    ),
    (.wrongKey, ["NOT_FOUND_PAYMENT"]),
    (
        .readBack,
        [
            "ALREADY_PROCESSED_PAYMENT", "ALREADY_COMPLETED_PAYMENT", "ALREADY_PROCESSING_REQUEST",
            "DUPLICATED_ORDER_ID", "FORBIDDEN_REQUEST", "INVALID_REQUEST", "INVALID_ORDER_ID", "INVALID_PAYMENT_KEY",
            "NOT_FOUND_PAYMENT_SESSION", "UNAPPROVED_ORDER_ID",
        ]
    ),
    (
        .unknown,
        [
            "PROVIDER_ERROR", "IDEMPOTENT_REQUEST_PROCESSING", "FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING",
            "FAILED_INTERNAL_SYSTEM_PROCESSING", "UNKNOWN_PAYMENT_ERROR", "COMMON_ERROR",
            "FORBIDDEN_CONSECUTIVE_REQUEST", "TOO_MANY_REQUESTS",
        ]
    ),
    (
        .ourMistake,
        [
            "INVALID_API_KEY", "UNAUTHORIZED_KEY", "INCORRECT_BASIC_AUTH_FORMAT", "INVALID_AUTHORIZE_AUTH",
            "INVALID_IDEMPOTENCY_KEY", "NOT_FOUND_TERMINAL_ID", "NOT_REGISTERED_BUSINESS",
            "INVALID_UNREGISTERED_SUBMALL",
        ]
    ),
]

private let cancellation: [(RefundVerdict, Set<String>)] = [
    (
        .refused,
        [
            "ALREADY_CANCELED_PAYMENT", "ALREADY_REFUND_PAYMENT", "INVALID_REFUND_ACCOUNT_INFO",
            "INVALID_REFUND_ACCOUNT_NUMBER", "INVALID_BANK", "EXCEED_CANCEL_AMOUNT_DISCOUNT_AMOUNT",
            "EXCEED_MAX_REFUND_DUE", "NOT_MATCHES_REFUNDABLE_AMOUNT", "REFUND_REJECTED",
            "FORBIDDEN_BANK_REFUND_REQUEST", "NOT_CANCELABLE_AMOUNT", "NOT_CANCELABLE_PAYMENT",
            "NOT_CANCELABLE_PAYMENT_FOR_DORMANT_USER", "NOT_ALLOWED_PARTIAL_REFUND",
            "NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT", "NOT_FOUND_PAYMENT",
        ]
    ),
    (
        .unknown,
        [
            "PROVIDER_ERROR", "NOT_AVAILABLE_BANK", "FORBIDDEN_CONSECUTIVE_REQUEST", "IDEMPOTENT_REQUEST_PROCESSING",
            "FAILED_INTERNAL_SYSTEM_PROCESSING", "FAILED_REFUND_PROCESS", "FAILED_METHOD_HANDLING_CANCEL",
            "FAILED_PARTIAL_REFUND", "FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING", "COMMON_ERROR",
            "TOO_MANY_REQUESTS",
        ]
    ),
    (
        .ourMistake,
        [
            "INVALID_REQUEST", "FORBIDDEN_REQUEST", "UNAUTHORIZED_KEY", "INVALID_API_KEY",
            "INCORRECT_BASIC_AUTH_FORMAT", "INVALID_AUTHORIZE_AUTH", "INVALID_IDEMPOTENCY_KEY",
        ]
    ),
]

@Suite("What Toss' codes mean")
struct CodeTableTests {
    @Test("Each code of a confirmation means what Toss documents, and no other is sorted")
    func confirmations() {
        for (verdict, codes) in confirmation {
            for code in codes { #expect(CaptureVerdict(status: 400, code: code) == verdict, "\(code)") }
        }
        let all = confirmation.map(\.1).reduce(into: Set()) { $0.formUnion($1) }
        #expect(Set(CaptureVerdict.documented.keys) == all)
    }

    @Test("Each code of a cancellation means what Toss documents, and no other is sorted")
    func cancellations() {
        for (verdict, codes) in cancellation {
            for code in codes { #expect(RefundVerdict(status: 403, code: code) == verdict, "\(code)") }
        }
        let all = cancellation.map(\.1).reduce(into: Set()) { $0.formUnion($1) }
        #expect(Set(RefundVerdict.documented.keys) == all)
    }

    @Test("A failing gateway is unknown, whatever code it gives", arguments: [500, 502, 503, 504, 599])
    func failing(status: Int) {
        for code in CaptureVerdict.documented.keys {
            #expect(CaptureVerdict(status: status, code: code) == .unknown)
        }
        for code in RefundVerdict.documented.keys { #expect(RefundVerdict(status: status, code: code) == .unknown) }
    }

    @Test("A code that nobody knows is read back", arguments: [400, 403, 404, 418, 499])
    func unlisted(status: Int) {
        #expect(CaptureVerdict(status: status, code: "SOMETHING_NEW") == .readBack)
        #expect(RefundVerdict(status: status, code: "UNREADABLE") == .readBack)
    }

    @Test("The sandbox declines with codes that decline")
    func sandbox() {
        for error in SandboxError.declines {
            #expect(CaptureVerdict(status: error.status, code: error.rawValue) == .declined)
        }
        for card in TestCard.allCases {
            guard let code = card.declineCode else { continue }
            #expect(SandboxError.declines.contains(code))
        }
        #expect(Set(TestCard.allCases.map(\.rawValue.count)) == [16])
    }
}
