/// What the sandbox refuses with: Toss' codes, each with its status and a text of our own.
enum SandboxError: String, Error, CaseIterable, Codable {
    case alreadyCanceled = "ALREADY_CANCELED_PAYMENT"
    case alreadyProcessed = "ALREADY_PROCESSED_PAYMENT"
    case belowMinimum = "BELOW_MINIMUM_AMOUNT"
    case duplicatedOrder = "DUPLICATED_ORDER_ID"
    case failedInternally = "FAILED_INTERNAL_SYSTEM_PROCESSING"
    case forbiddenRequest = "FORBIDDEN_REQUEST"
    case idempotentRequestProcessing = "IDEMPOTENT_REQUEST_PROCESSING"
    case invalidCardExpiration = "INVALID_CARD_EXPIRATION"
    case invalidCardLostOrStolen = "INVALID_CARD_LOST_OR_STOLEN"
    case invalidIdempotencyKey = "INVALID_IDEMPOTENCY_KEY"
    case invalidRequest = "INVALID_REQUEST"
    case invalidStoppedCard = "INVALID_STOPPED_CARD"
    case invalidTransactionKey = "INVALID_TRANSACTION_KEY"
    case notCancelableAmount = "NOT_CANCELABLE_AMOUNT"
    case notCancelablePayment = "NOT_CANCELABLE_PAYMENT"
    case notFound = "NOT_FOUND"
    case notFoundPayment = "NOT_FOUND_PAYMENT"
    case notFoundSession = "NOT_FOUND_PAYMENT_SESSION"
    case rejectCardCompany = "REJECT_CARD_COMPANY"
    case rejectCardPayment = "REJECT_CARD_PAYMENT"
    case tooMuch = "TOO_MANY_REQUESTS"
    case unauthorizedKey = "UNAUTHORIZED_KEY"

    /// The codes by which a card declines when chance decides that it does.
    static let declines: [SandboxError] = [
        .rejectCardCompany, .rejectCardPayment, .invalidStoppedCard, .invalidCardExpiration, .invalidCardLostOrStolen,
    ]

    var status: Int {
        switch self {
        case .alreadyCanceled, .alreadyProcessed, .belowMinimum, .duplicatedOrder, .invalidCardExpiration,
            .invalidCardLostOrStolen, .invalidIdempotencyKey, .invalidRequest, .invalidStoppedCard,
            .invalidTransactionKey:
            400
        case .unauthorizedKey: 401
        case .forbiddenRequest, .notCancelableAmount, .notCancelablePayment, .rejectCardCompany, .rejectCardPayment:
            403
        case .notFound, .notFoundPayment, .notFoundSession: 404
        case .idempotentRequestProcessing: 409
        case .tooMuch: 429
        case .failedInternally: 500
        }
    }

    var message: String {
        switch self {
        case .alreadyCanceled: "모두 취소된 결제입니다."
        case .alreadyProcessed: "처리가 끝난 결제입니다."
        case .belowMinimum: "카드는 100원부터 결제할 수 있습니다."
        case .duplicatedOrder: "다른 결제로 승인된 주문입니다."
        case .failedInternally: "샌드박스가 요청대로 실패했습니다."
        case .forbiddenRequest: "주문 번호가 결제창에서 받은 값과 다릅니다."
        case .idempotentRequestProcessing: "같은 멱등키의 요청을 처리하고 있습니다."
        case .invalidCardExpiration: "유효기간이 지난 카드입니다."
        case .invalidCardLostOrStolen: "분실 또는 도난 신고된 카드입니다."
        case .invalidIdempotencyKey: "멱등키는 300자까지이며, 다른 요청에 다시 쓸 수 없습니다."
        case .invalidRequest: "요청 값이 올바르지 않습니다."
        case .invalidStoppedCard: "정지된 카드입니다."
        case .invalidTransactionKey: "이어서 조회할 거래 키를 찾을 수 없습니다."
        case .notCancelableAmount: "남은 금액보다 많이 취소할 수 없습니다."
        case .notCancelablePayment: "취소할 수 없는 결제입니다."
        case .notFound: "없는 주소입니다."
        case .notFoundPayment: "결제를 찾을 수 없습니다."
        case .notFoundSession: "결제 시간이 지났습니다."
        case .rejectCardCompany: "카드사가 승인을 거절했습니다."
        case .rejectCardPayment: "한도가 넘었거나 잔액이 부족합니다."
        case .tooMuch: "샌드박스가 더 받을 수 없습니다."
        case .unauthorizedKey: "시크릿 키가 올바르지 않습니다."
        }
    }
}
