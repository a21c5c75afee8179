internal import Domain
internal import Ports

extension Problem {
    static let notAuthenticated = Problem(
        .notAuthenticated, ko: "로그인이 필요하거나 로그인이 만료되었습니다. 다시 로그인해 주세요.",
        en: "You are not logged in, or your login has expired. Log in again.")
    static let notAllowed = Problem(
        .notAllowed, ko: "이 작업을 할 권한이 없습니다.", en: "Your account is not allowed to do this.")
    static let notFound = Problem(
        .notFound, ko: "찾으시는 것이 없거나 다른 사람의 것입니다.", en: "There is no such thing, or it is not yours.")
    static let queueTokenInvalid = Problem(
        .queueTokenInvalid, ko: "대기열 토큰이 없거나 만료되었거나 본인의 것이 아닙니다. 대기열에 다시 들어가 주세요.",
        en: "The queue token is missing, has expired, or is not yours for this date. Join the queue again.")
    static let idempotencyKeyMissing = Problem(
        .idempotencyKeyMissing, ko: "Idempotency-Key 헤더에 1~255자의 새 값을 넣어 보내 주세요.",
        en: "Send an Idempotency-Key header with a new value of 1 to 255 visible characters.")
    static let internalError = Problem(
        .internalError, ko: "서버에 문제가 생겼습니다. 잠시 뒤 다시 시도해 주세요.",
        en: "Something went wrong on our side. Try again in a moment.")
    static let overloaded = Problem(
        .overloaded, ko: "지금 접속이 매우 많습니다. 잠시 뒤 같은 요청을 다시 보내 주세요.",
        en: "Very many people are asking at once. Send the same request again in a moment.", retryAfterSeconds: 1)

    static func bodyTooLarge(maxBytes: Int) -> Problem {
        Problem(
            .bodyTooLarge, ko: "본문은 \(maxBytes)바이트를 넘을 수 없습니다.",
            en: "The body can have at most \(maxBytes) bytes.")
    }

    static func tooManyRequests(retryAfterMs: Int) -> Problem {
        let seconds = max(1, (retryAfterMs + 999) / 1000)
        return Problem(
            .tooManyRequests, ko: "요청이 너무 잦습니다. \(seconds)초 뒤에 다시 시도해 주세요.",
            en: "You are asking too often. Try again in \(seconds) seconds.", retryAfterSeconds: seconds)
    }

    init(_ invalid: InvalidRequest) {
        let field = invalid.field
        self.init(
            .invalidRequest, ko: field.map { "\($0): \(invalid.reason.ko)" } ?? invalid.reason.ko,
            en: field.map { "\($0): \(invalid.reason.en)" } ?? invalid.reason.en
        ) { json in
            if let field { json.field("field", field) }
        }
    }

    /// A fault is never shown raw: the client learns that it may try again.
    init(_ fault: Fault) {
        switch fault.code {
        case .constraint, .broken: self = .internalError
        case .unavailable, .outcomeUnknown, .conflict:
            self.init(
                .unavailable, ko: "잠시 처리할 수 없습니다. 같은 요청을 그대로 다시 보내 주세요.",
                en: "This cannot be done right now. Send the same request again.", retryAfterSeconds: 1)
        }
    }

    /// A refusal with its status. Exhaustive, so that a new refusal does not compile until it has one.
    init(_ refusal: Refusal) {
        switch refusal {
        case .notAdmitted:
            self.init(
                .notAdmitted, ko: "아직 입장 차례가 아닙니다. 대기열 순서를 기다려 주세요.",
                en: "It is not your turn yet. Wait for your place in the queue.")
        case .notFound: self = .notFound
        case .unknownSeats(let seats):
            self.init(
                .notFound, ko: "이 회차에 없는 좌석이 있습니다: 좌석표를 새로 받아 주세요.",
                en: "Some of these are not seats of this date. Fetch the seat map again."
            ) { $0.seatIDs(seats) }
        case .saleClosed:
            self.init(
                .saleClosed, ko: "지금은 판매 시간이 아닙니다. 판매 시작과 마감 시각을 확인해 주세요.",
                en: "The sale is not open now. Look at when it opens and closes.")
        case .wrongState:
            self.init(
                .wrongState, ko: "현재 상태에서는 할 수 없는 작업입니다. 상태를 새로 확인해 주세요.",
                en: "This is not possible in the present state. Look at the state again.")
        case .tooManySeats(let max):
            self.init(
                .tooManySeats, ko: "한 사람이 이 회차에서 가질 수 있는 좌석은 \(max)석까지입니다.",
                en: "One person can have at most \(max) seats of this date."
            ) { $0.field("max", max) }
        case .seatTaken(let seats):
            self.init(
                .seatTaken, ko: "다른 분이 먼저 선택한 좌석입니다. 다른 좌석을 골라 주세요.",
                en: "Somebody else was quicker. Choose other seats."
            ) { $0.seatIDs(seats) }
        case .noSeatsLeft:
            self.init(
                .noSeatsLeft, ko: "그 등급에 나란히 앉을 수 있는 좌석이 남아 있지 않습니다. 수를 줄이거나 다른 등급을 골라 주세요.",
                en: "There are not that many adjacent seats left in this grade. Ask for fewer, or for another grade.")
        case .holdExpired:
            self.init(
                .holdExpired, ko: "선점 시간이 지났습니다. 좌석을 다시 선택해 주세요.",
                en: "The time to pay has run out. Choose seats again.")
        case .paymentUnderWay(let until):
            self.init(
                .paymentUnderWay, ko: "결제를 확인하고 있습니다. 잠시 뒤 같은 요청을 다시 보내 주세요.",
                en: "The payment is being checked. Send the same request again in a moment.", retryAfterSeconds: 1
            ) { $0.field("until", until) }
        case .amountMismatch(let expected):
            self.init(
                .amountMismatch, ko: "결제창의 금액이 결제할 금액과 다릅니다. 결제를 처음부터 다시 해 주세요.",
                en: "The amount is not what this payment is about. Start the payment again."
            ) { $0.field("expected", expected) }
        case .paymentKeyInvalid:
            self.init(
                .paymentKeyInvalid, ko: "이 결제의 결제 키가 아닙니다. 결제창에서 받은 값을 그대로 보내 주세요.",
                en: "This payment key does not belong to this payment. Send what the payment page gave you.")
        case .tooManyPoints(let max):
            self.init(
                .tooManyPoints, ko: "카드와 함께 쓸 수 있는 포인트는 \(max.amount)원까지입니다. 모두 포인트로 내려면 POINTS를 고르세요.",
                en: "Beside a card, points can pay \(max.amount) won at most. To pay all with points, choose POINTS."
            ) { $0.field("max", max) }
        case .notEnoughPoints(let balance, let needed):
            self.init(
                .notEnoughPoints, ko: "포인트가 부족합니다. 충전한 뒤 다시 결제해 주세요.",
                en: "You do not have enough points. Charge some and pay again."
            ) { json in
                json.field("balance", balance)
                json.field("needed", needed)
            }
        case .balanceTooLarge:
            self.init(
                .balanceTooLarge, ko: "보유할 수 있는 포인트 한도를 넘습니다.", en: "A wallet cannot hold that much.")
        case .ticketOfOtherDate(let date):
            self.init(
                .ticketOfOtherDate, ko: "다른 회차의 티켓입니다. 티켓에 적힌 날짜와 시각을 확인해 주세요.",
                en: "This ticket is for another date. See the day and time on it."
            ) { json in
                json.field("dateId", date)
            }
        case .ticketUsed(let at, let gate):
            self.init(
                .ticketUsed, ko: "이미 사용된 티켓입니다. 처음 사용된 시각과 장소를 확인해 주세요.",
                en: "This ticket has been used. See when and where."
            ) { json in
                json.field("usedAt", at)
                json.field("gate", optional: gate)
            }
        case .ticketVoid:
            self.init(.ticketVoid, ko: "환불되어 쓸 수 없는 티켓입니다.", en: "This ticket was refunded and is void.")
        case .idempotencyKeyReused:
            self.init(
                .idempotencyKeyReused, ko: "같은 Idempotency-Key로 다른 내용을 보냈습니다. 새 값을 써 주세요.",
                en: "This Idempotency-Key came with another request before. Use a new one.")
        }
    }
}

extension JSONWriter {
    fileprivate mutating func seatIDs(_ seats: [SeatID]) {
        key("seatIds")
        array(seats) { $0.value($1) }
    }
}
