internal import Domain
internal import HTTPTypes

/// An error as a client sees it: RFC 9457 with a stable `code`.
struct Problem: Error {
    /// The stable words of the API. Each has one status.
    enum Code: String, CaseIterable {
        case invalidRequest, idempotencyKeyMissing
        case notAuthenticated, credentialsWrong, queueTokenInvalid
        case notEnoughPoints
        case notAllowed, notAdmitted
        case notFound
        case methodNotAllowed
        case requestTimeout
        case emailTaken, saleClosed, seatTaken, noSeatsLeft, holdExpired, wrongState, ticketUsed, ticketVoid
        case ticketOfOtherDate
        case paymentUnderWay
        case bodyTooLarge
        case unsupportedMediaType
        case idempotencyKeyReused, tooManySeats, balanceTooLarge
        case amountMismatch, orderMismatch, paymentKeyInvalid, tooManyPoints, webhookNotConfirmed
        case tooManyRequests
        case headersTooLarge
        case internalError
        case overloaded, unavailable
    }

    let code: Code
    /// What happened and what to do, for the person in front of the client.
    let detail: LocalizedText
    /// Further members of the document.
    var members: (@Sendable (inout JSONWriter) -> Void)?
    var retryAfterSeconds: Int?
    /// For `methodNotAllowed`: the methods that the path knows.
    var allow: String?

    init(
        _ code: Code, ko: String, en: String, retryAfterSeconds: Int? = nil,
        members: (@Sendable (inout JSONWriter) -> Void)? = nil
    ) {
        self.code = code
        detail = LocalizedText(ko: ko, en: en)
        self.retryAfterSeconds = retryAfterSeconds
        self.members = members
    }

    func document(in language: Language) -> [UInt8] {
        JSONWriter.object { json in
            json.field("type", "urn:jari:problem:" + code.rawValue)
            json.field("title", code.title[language])
            json.field("status", code.status.code)
            json.field("detail", detail[language])
            json.field("code", code.rawValue)
            members?(&json)
        }
    }
}

extension Problem.Code {
    var status: HTTPResponse.Status {
        switch self {
        case .invalidRequest, .idempotencyKeyMissing: .badRequest
        case .notAuthenticated, .credentialsWrong, .queueTokenInvalid: .unauthorized
        case .notEnoughPoints: .init(code: 402, reasonPhrase: "Payment Required")
        case .notAllowed, .notAdmitted: .forbidden
        case .notFound: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .requestTimeout: .requestTimeout
        case .emailTaken, .saleClosed, .seatTaken, .noSeatsLeft, .holdExpired, .wrongState, .ticketUsed, .ticketVoid,
            .ticketOfOtherDate, .paymentUnderWay:
            .conflict
        case .bodyTooLarge: .contentTooLarge
        case .unsupportedMediaType: .unsupportedMediaType
        case .idempotencyKeyReused, .tooManySeats, .balanceTooLarge, .amountMismatch, .orderMismatch,
            .paymentKeyInvalid, .tooManyPoints, .webhookNotConfirmed:
            .unprocessableContent
        case .tooManyRequests: .tooManyRequests
        case .headersTooLarge: .requestHeaderFieldsTooLarge
        case .internalError: .internalServerError
        case .overloaded, .unavailable: .serviceUnavailable
        }
    }

    /// A few words that name the kind of problem.
    var title: LocalizedText {
        switch self {
        case .invalidRequest: LocalizedText(ko: "잘못된 요청", en: "Invalid request")
        case .idempotencyKeyMissing: LocalizedText(ko: "멱등키 없음", en: "Idempotency key missing")
        case .notAuthenticated: LocalizedText(ko: "로그인 필요", en: "Not logged in")
        case .credentialsWrong: LocalizedText(ko: "로그인 실패", en: "Login failed")
        case .queueTokenInvalid: LocalizedText(ko: "대기열 토큰 오류", en: "Queue token invalid")
        case .notEnoughPoints: LocalizedText(ko: "포인트 부족", en: "Not enough points")
        case .notAllowed: LocalizedText(ko: "권한 없음", en: "Not allowed")
        case .notAdmitted: LocalizedText(ko: "아직 차례가 아님", en: "Not your turn yet")
        case .notFound: LocalizedText(ko: "찾을 수 없음", en: "Not found")
        case .methodNotAllowed: LocalizedText(ko: "지원하지 않는 메서드", en: "Method not allowed")
        case .requestTimeout: LocalizedText(ko: "요청 시간 초과", en: "Request too slow")
        case .emailTaken: LocalizedText(ko: "이미 가입된 이메일", en: "Email taken")
        case .saleClosed: LocalizedText(ko: "판매 시간이 아님", en: "Sale not open")
        case .seatTaken: LocalizedText(ko: "이미 선택된 좌석", en: "Seat taken")
        case .noSeatsLeft: LocalizedText(ko: "남은 좌석 없음", en: "No seats left")
        case .holdExpired: LocalizedText(ko: "선점 시간 만료", en: "Hold expired")
        case .wrongState: LocalizedText(ko: "지금은 할 수 없음", en: "Not possible now")
        case .ticketUsed: LocalizedText(ko: "이미 사용된 티켓", en: "Ticket already used")
        case .ticketOfOtherDate: LocalizedText(ko: "다른 회차의 티켓", en: "Ticket of another date")
        case .ticketVoid: LocalizedText(ko: "환불된 티켓", en: "Ticket refunded")
        case .bodyTooLarge: LocalizedText(ko: "본문이 너무 큼", en: "Body too large")
        case .unsupportedMediaType: LocalizedText(ko: "지원하지 않는 형식", en: "Unsupported media type")
        case .idempotencyKeyReused: LocalizedText(ko: "멱등키 재사용", en: "Idempotency key reused")
        case .tooManySeats: LocalizedText(ko: "좌석 수 초과", en: "Too many seats")
        case .balanceTooLarge: LocalizedText(ko: "포인트 한도 초과", en: "Balance too large")
        case .paymentUnderWay: LocalizedText(ko: "결제 확인 중", en: "Payment under way")
        case .amountMismatch: LocalizedText(ko: "결제 금액 불일치", en: "Amount does not match")
        case .orderMismatch: LocalizedText(ko: "주문 번호 불일치", en: "Order does not match")
        case .paymentKeyInvalid: LocalizedText(ko: "결제 키 오류", en: "Payment key invalid")
        case .tooManyPoints: LocalizedText(ko: "포인트 초과", en: "Too many points")
        case .webhookNotConfirmed: LocalizedText(ko: "확인되지 않은 웹훅", en: "Webhook not confirmed")
        case .tooManyRequests: LocalizedText(ko: "요청이 너무 많음", en: "Too many requests")
        case .headersTooLarge: LocalizedText(ko: "헤더가 너무 큼", en: "Headers too large")
        case .internalError: LocalizedText(ko: "서버 오류", en: "Internal error")
        case .overloaded: LocalizedText(ko: "접속 폭주", en: "Overloaded")
        case .unavailable: LocalizedText(ko: "일시적으로 사용 불가", en: "Temporarily unavailable")
        }
    }
}
