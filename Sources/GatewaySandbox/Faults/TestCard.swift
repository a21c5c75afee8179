/// A card that always does the same, so that one payment can be made to go wrong on purpose. Every other number of 13
/// to 19 digits is a good card.
public enum TestCard: String, CaseIterable, Codable, Sendable {
    case good = "4242424242424242"

    case rejectedByCompany = "4000000000000001"
    case overLimit = "4000000000000002"
    case stopped = "4000000000000003"
    case expired = "4000000000000004"
    case lostOrStolen = "4000000000000005"

    case slow = "4000000000000011"
    case timeoutAfterCapture = "4000000000000012"
    case timeoutBeforeCapture = "4000000000000013"
    case errorAfterCapture = "4000000000000014"
    case errorBeforeCapture = "4000000000000015"

    case webhookRepeated = "4000000000000021"
    case webhookReordered = "4000000000000022"
    case webhookLate = "4000000000000023"
    case webhookLost = "4000000000000024"

    case refundTimeoutAfter = "4000000000000031"
    case refundRefused = "4000000000000032"

    /// The number as it is printed on the card.
    var grouped: String {
        var groups: [Substring] = []
        var rest = rawValue[...]
        while !rest.isEmpty {
            groups.append(rest.prefix(4))
            rest = rest.dropFirst(4)
        }
        return groups.joined(separator: " ")
    }

    /// What it does, for the page: Korean and English.
    var meaning: (ko: String, en: String) {
        switch self {
        case .good: ("결제 승인", "pays")
        case .rejectedByCompany: ("카드사 거절", "declined by the card company")
        case .overLimit: ("한도 초과·잔액 부족", "declined: over its limit")
        case .stopped: ("정지된 카드", "declined: stopped")
        case .expired: ("유효기간 만료", "declined: expired")
        case .lostOrStolen: ("분실·도난 카드", "declined: lost or stolen")
        case .slow: ("느린 응답", "pays, but slowly")
        case .timeoutAfterCapture: ("승인 후 응답 없음", "pays, then no answer")
        case .timeoutBeforeCapture: ("승인 전 응답 없음", "no answer, nothing paid")
        case .errorAfterCapture: ("승인 후 500 오류", "pays, then answers 500")
        case .errorBeforeCapture: ("승인 전 500 오류", "answers 500, nothing paid")
        case .webhookRepeated: ("웹훅 반복", "webhooks come twice")
        case .webhookReordered: ("웹훅 순서 바뀜", "webhooks come out of order")
        case .webhookLate: ("웹훅 지연", "webhooks come late")
        case .webhookLost: ("웹훅 유실", "webhooks never come")
        case .refundTimeoutAfter: ("환불 후 응답 없음", "gives money back, then no answer")
        case .refundRefused: ("환불 거절", "never gives money back")
        }
    }

    /// Why it does not pay.
    var declineCode: SandboxError? {
        switch self {
        case .rejectedByCompany: .rejectCardCompany
        case .overLimit: .rejectCardPayment
        case .stopped: .invalidStoppedCard
        case .expired: .invalidCardExpiration
        case .lostOrStolen: .invalidCardLostOrStolen
        default: nil
        }
    }
}
