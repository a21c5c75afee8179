internal import Domain

/// What a mail says in one language, as Mustache templates of plain text: ``Frame`` puts them into a page.
///
/// They may name `title`, `name`, `amount` and `tickets` ("3 tickets").
struct Words {
    let subject: String
    let heading: String
    let lead: String
    let notes: [String]
    /// Over the tickets or seats that the mail is about, and over those that are left.
    var list = ""
    var left = ""
    /// What the money of the mail is.
    let amountLabel: String

    static func of(_ occasion: Occasion, hasConcert: Bool, in language: Language) -> Words {
        switch (occasion, language) {
        case (.confirmation, .ko):
            Words(
                subject: "예매 완료: {{title}}", heading: "예매가 완료되었습니다",
                lead: "{{name}}님, 티켓 {{tickets}}을 보내 드립니다. 입장할 때 QR 코드를 보여 주세요.",
                notes: [
                    "QR 코드 하나로 한 사람이 한 번 입장합니다. 다른 사람에게 보여 주지 마세요.",
                    "티켓은 공연이 시작되기 전까지 환불할 수 있습니다.",
                ], list: "티켓", amountLabel: "결제 금액")
        case (.confirmation, .en):
            Words(
                subject: "Your tickets: {{title}}", heading: "Your booking is complete",
                lead: "{{name}}, here {{tickets}} for you. Show the QR code of each at the entrance.",
                notes: [
                    "Each QR code admits one person, once. Do not show it to others.",
                    "You can have tickets refunded until the performance starts.",
                ], list: "Tickets", amountLabel: "Paid")
        case (.refund, .ko):
            Words(
                subject: "환불 완료: {{title}}", heading: "예매를 취소하고 환불했습니다",
                lead: "{{name}}님, 이 예매의 티켓을 모두 취소하고 {{amount}}을 돌려드립니다. QR 코드는 더 이상 쓸 수 없습니다.",
                notes: [wayBackKo], list: "취소한 좌석", amountLabel: "환불 금액")
        case (.refund, .en):
            Words(
                subject: "Refunded: {{title}}", heading: "Your booking is cancelled and refunded",
                lead:
                    "{{name}}, all tickets of this booking are cancelled, and {{amount}} goes back to you. Their QR codes no longer open a door.",
                notes: [wayBackEn], list: "Cancelled seats", amountLabel: "Refunded")
        case (.partialRefund, .ko):
            Words(
                subject: "티켓 일부 환불: {{title}}", heading: "티켓 일부를 환불했습니다",
                lead: "{{name}}님, 아래 좌석의 티켓을 취소하고 {{amount}}을 돌려드립니다. 그 QR 코드는 더 이상 쓸 수 없습니다.",
                notes: [wayBackKo], list: "취소한 좌석", left: "그대로 쓸 수 있는 티켓의 좌석", amountLabel: "환불 금액")
        case (.partialRefund, .en):
            Words(
                subject: "Partly refunded: {{title}}", heading: "Some of your tickets are refunded",
                lead:
                    "{{name}}, the tickets for the seats below are cancelled, and {{amount}} goes back to you. Their QR codes no longer open a door.",
                notes: [wayBackEn], list: "Cancelled seats", left: "Seats whose tickets stay valid",
                amountLabel: "Refunded")
        case (.moneyReturned, .ko):
            Words(
                subject: hasConcert ? "결제 금액을 돌려드립니다: {{title}}" : "결제 금액을 돌려드립니다",
                heading: "결제 금액을 돌려드립니다",
                lead: hasConcert
                    ? "{{name}}님, 카드 결제가 늦게 확인되어 예매에 쓸 수 없었습니다. 결제하신 {{amount}}을 모두 돌려드립니다."
                    : "{{name}}님, 포인트를 더 충전할 수 없어 카드로 결제하신 {{amount}}을 모두 돌려드립니다.",
                notes: ["카드사에 따라 며칠이 걸릴 수 있습니다."], amountLabel: "환불 금액")
        case (.moneyReturned, .en):
            Words(
                subject: hasConcert ? "Your payment goes back: {{title}}" : "Your payment goes back",
                heading: "Your payment goes back to you",
                lead: hasConcert
                    ? "{{name}}, your card payment was confirmed too late to be used for the booking. All of it, {{amount}}, goes back to your card."
                    : "{{name}}, no more points could be charged. All of your card payment, {{amount}}, goes back to your card.",
                notes: ["Your card issuer may take some days."], amountLabel: "Refunded")
        }
    }

    private static let wayBackKo = "포인트로 결제한 금액은 포인트로, 카드로 결제한 금액은 카드로 돌아갑니다. 카드사에 따라 며칠이 걸릴 수 있습니다."
    private static let wayBackEn =
        "What was paid with points goes back as points, and to the card what the card paid. Your card issuer may take some days."

    /// "티켓 3장" and "are 3 tickets": as the leads need it.
    static func tickets(_ count: Int, in language: Language) -> String {
        switch language {
        case .ko: "\(count)장"
        case .en: count == 1 ? "is 1 ticket" : "are \(count) tickets"
        }
    }
}

/// The names of facts.
enum FactLabel {
    case concert, artist, time, venue, reservation

    func text(in language: Language) -> String {
        switch (self, language) {
        case (.concert, .ko): "공연"
        case (.concert, .en): "Concert"
        case (.artist, .ko): "출연"
        case (.artist, .en): "Artist"
        case (.time, .ko): "일시"
        case (.time, .en): "When"
        case (.venue, .ko): "장소"
        case (.venue, .en): "Where"
        case (.reservation, .ko): "예매 번호"
        case (.reservation, .en): "Booking"
        }
    }
}
